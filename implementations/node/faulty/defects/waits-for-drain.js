// publish() returned false, so the next waits for 'drain', which a closed channel does not emit.

import { once } from 'node:events';

export const designs = ['parts'];

export default function plant({ Link, Publisher }) {
  return {
    Link: class extends Link {
      async connect() {
        const connection = await super.connect();
        const create = connection.createConfirmChannel.bind(connection);
        connection.createConfirmChannel = () => create({ highWaterMark: 4 });
        return connection;
      }
    },
    Publisher: class extends Publisher {
      room = Promise.resolve();

      async send(lane, publication) {
        await this.room;
        const { channel } = lane;
        const publish = (...options) => {
          if (!channel.publish(...options)) this.room = once(channel, 'drain').catch(() => {});
        };
        return super.send({ ...lane, channel: { publish } }, publication);
      }
    },
  };
}
