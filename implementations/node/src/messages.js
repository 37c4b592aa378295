// The bodies of the contract: read and checked, or written.

import { randomUUID } from 'node:crypto';

export class Malformed extends Error {}

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);
const isText = (value) => typeof value === 'string';
const areTexts = (value) => Array.isArray(value) && value.every(isText);

// The text of a body, and its JSON.
function parse(content) {
  try {
    const text = utf8.decode(content);
    return { text, json: JSON.parse(text) };
  } catch (error) {
    throw new Malformed(`no JSON: ${error.message}`, { cause: error });
  }
}

function shaped(content, fits, shape) {
  const { text, json } = parse(content);
  if (!isObject(json) || !fits(json)) throw new Malformed(`no ${shape}`);
  return { body: text, json };
}

export function readPackage(content) {
  const { body, json } = shaped(content, ({ texts }) => areTexts(texts), '{"texts": […]}');
  return { body, texts: json.texts };
}

export function readPart(content) {
  const fits = ({ text, sourceMessage }) => isText(text) && (sourceMessage === null || isText(sourceMessage));
  const { body, json } = shaped(content, fits, '{"text": …, "sourceMessage": …}');
  return { body, source: json.sourceMessage };
}

export function readStep(content) {
  const fits = ({ texts, index, result }) =>
    areTexts(texts) && Number.isInteger(index) && index >= 0 && index < texts.length &&
    isObject(result) && areTexts(result.texts);
  const { body, json } = shaped(content, fits, '{"texts": […], "index": …, "result": …}');
  return { body, texts: json.texts, index: json.index, done: json.result.texts };
}

export function readTask(content) {
  const { json } = shaped(content, ({ taskId }) => Number.isSafeInteger(taskId), '{"taskId": …}');
  return json.taskId;
}

export const write = (json) => Buffer.from(JSON.stringify(json));

// What makes a message the same one when it is given again. Without an id nothing does.
export function idOf({ properties }) {
  return properties.messageId || `anonymous/${randomUUID()}`;
}

// PHP's serialize() of one string, as replies have it.
export function serialize(json) {
  const text = JSON.stringify(json);
  return Buffer.from(`s:${Buffer.byteLength(text)}:"${text}";`);
}

export function unserialize(content) {
  const [, octets, text] = /^s:(\d+):"(.*)";$/s.exec(content.toString()) ?? [];
  if (text === undefined || Buffer.byteLength(text) !== Number(octets)) throw new Malformed('no serialized string');
  return text;
}
