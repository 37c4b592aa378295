// The consumer begins again when its connection is closed, not when its channel is.

export const designs = ['blocking'];

export default function plant({ Link }) {
  return {
    Link: class extends Link {
      async channel(options) {
        const { channel } = await super.channel(options);
        const closed = new AbortController();
        channel.connection.on('close', () => closed.abort(new Error('the connection is closed')));
        return { channel, closed: closed.signal };
      }
    },
  };
}
