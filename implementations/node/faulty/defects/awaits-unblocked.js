// Publishes wait for connection.unblocked; a connection that is lost while it is blocked never says so.

import { withResolvers } from '../../src/time.js';

export const designs = ['parts', 'task'];

export default function plant({ Link, Publisher }) {
  let gate = null;
  return {
    Link: class extends Link {
      watch(connection) {
        super.watch(connection);
        connection.on('blocked', () => { gate ??= withResolvers(); });
        connection.on('unblocked', () => {
          gate?.resolve();
          gate = null;
        });
      }
    },
    Publisher: class extends Publisher {
      async publish(publication) {
        await gate?.promise;
        await super.publish(publication);
      }
    },
  };
}
