// publish() returned false, so 'drain' is waited for, which a closed channel does not emit.

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
      async send(lane, publication) {
        const { channel } = lane;
        let room = true;
        const watched = { publish: (...options) => { room = channel.publish(...options); } };
        const confirmed = super.send({ ...lane, channel: watched }, publication);
        if (!room) await Promise.all([once(channel, 'drain'), confirmed]);
        return confirmed;
      }
    },
  };
}
