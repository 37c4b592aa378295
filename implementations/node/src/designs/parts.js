// parts and parts-random: a package is split, and its parts are worked on by themselves.
//
// Headers say which package a part is of, so that the row of the package comes with the last part that is done,
// in whichever order they are.

import { countPart, log, once } from '../database/effects.js';
import { idOf, readPackage, readPart, write } from '../messages.js';
import { declareExchange, ROUTES } from '../topology.js';
import { job } from './common.js';

export function stream(message) {
  const { body, texts } = readPackage(message.content);
  const id = idOf(message);
  if (texts.length === 0) {
    const key = { queue: ROUTES.stream.queue, id };
    return job({ record: (transaction) => once(transaction, key, () => log(transaction, body)) });
  }
  return job({ publications: () => texts.map((_, index) => part(id, body, texts, index)) });
}

function part(id, body, texts, index) {
  const last = index === texts.length - 1;
  return {
    declare: (channel) => declareExchange(channel, ROUTES.part),
    exchange: ROUTES.part.exchange,
    body: write({ text: texts[index], sourceMessage: last ? body : null }),
    properties: {
      contentType: 'text/plain',
      messageId: `${id}/${index}`,
      headers: { 'x-package': id, 'x-parts': texts.length },
    },
  };
}

export const partTaking = (seconds) => function part(message) {
  const { body, source } = readPart(message.content);
  const key = { queue: ROUTES.part.queue, id: idOf(message) };
  const { 'x-package': id, 'x-parts': parts } = message.properties.headers ?? {};
  const ofPackage = typeof id === 'string' && Number.isInteger(parts);
  return job({
    seconds: seconds(),
    record: (transaction) => once(transaction, key, async () => {
      await log(transaction, body);
      const whole = ofPackage ? await completed(transaction, id, parts, source) : source;
      if (whole !== null) await log(transaction, whole);
    }),
  });
};

// The source body, if this part was the one that its package waited for.
async function completed(transaction, id, parts, source) {
  const counted = await countPart(transaction, id, source);
  return counted.done === parts ? counted.source : null;
}
