// At a stop signal: finish, ack, process.exit(). The ack is still in a buffer.

export const designs = ['blocking'];

export default function plant({ Consumer }) {
  return {
    Consumer: class extends Consumer {
      async close(lane) {
        if (this.stop.signal.aborted) process.exit(0);
        await super.close(lane);
      }
    },
  };
}
