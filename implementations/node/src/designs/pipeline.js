// pipeline: a package goes from step to step.

import { log, once } from '../database/effects.js';
import { idOf, readPackage, readStep, write } from '../messages.js';
import { declareExchange, ROUTES } from '../topology.js';
import { job, oneToThree } from './common.js';

const PACKAGE = /\/\d+$/;

export function stream(message) {
  const { texts } = readPackage(message.content);
  const id = idOf(message);
  if (texts.length > 0) return job({ publications: () => [step(id, texts, 0, [])] });
  const key = { queue: ROUTES.stream.queue, id };
  return job({ record: (transaction) => once(transaction, key, () => log(transaction, result([]))) });
}

export function part(message) {
  const { body, texts, index, done } = readStep(message.content);
  const id = idOf(message);
  const key = { queue: ROUTES.part.queue, id };
  const all = [...done, texts[index]];
  const last = index === texts.length - 1;
  return job({
    seconds: oneToThree(),
    record: (transaction) => once(transaction, key, async () => {
      await log(transaction, body);
      if (last) await log(transaction, result(all));
    }),
    // Also where the effect was there already: its consumer may have died before it published.
    publications: () => (last ? [] : [step(id.replace(PACKAGE, ''), texts, index + 1, all)]),
  });
}

const result = (texts) => JSON.stringify({ texts });

function step(id, texts, index, done) {
  return {
    declare: (channel) => declareExchange(channel, ROUTES.part),
    exchange: ROUTES.part.exchange,
    body: write({ texts, index, result: { texts: done } }),
    properties: { contentType: 'text/plain', messageId: `${id}/${index}` },
  };
}
