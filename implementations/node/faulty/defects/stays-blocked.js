// connection.blocked pauses the work, connection.unblocked resumes it; a connection that is lost meanwhile never says so.

import { Dispatcher } from '../../src/dispatcher.js';

export const designs = ['blocking'];

export default function plant({ Consumer, Link }) {
  let blocked = false;
  let current;
  return {
    Link: class extends Link {
      watch(connection) {
        super.watch(connection);
        connection.on('blocked', () => { blocked = true; });
        connection.on('unblocked', () => {
          blocked = false;
          current?.begin();
        });
      }
    },
    Consumer: class extends Consumer {
      static Dispatcher = class extends Dispatcher {
        take(message) {
          current = this;
          super.take(message);
        }

        hasRoom() {
          return !blocked && super.hasRoom();
        }
      };
    },
  };
}
