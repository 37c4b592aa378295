// JSON.parse stands in the consumer's callback, before the try: what it throws, amqplib takes for an error of the channel.

import { Dispatcher } from '../../src/dispatcher.js';

export const designs = ['blocking'];

export default function plant({ Consumer }) {
  return {
    Consumer: class extends Consumer {
      static Dispatcher = class extends Dispatcher {
        take(message) {
          JSON.parse(message.content.toString());
          super.take(message);
        }
      };
    },
  };
}
