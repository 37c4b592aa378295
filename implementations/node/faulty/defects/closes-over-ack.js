// connection.close() right after the last ack: it does not go by the channel's buffer, and overtakes the ack.

export const designs = ['blocking'];

export default function plant({ Consumer }) {
  return {
    Consumer: class extends Consumer {
      async close(lane) {
        if (!this.done) await super.close(lane);
      }
    },
  };
}
