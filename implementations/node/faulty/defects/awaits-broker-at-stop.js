// A stop wants an orderly close, and waits for a connection to close, however long the broker is away.

export const designs = ['blocking'];

export default function plant({ Link }) {
  return {
    Link: class extends Link {
      constructor(settings) {
        super(settings, { signal: new AbortController().signal });
      }

      async close() {
        const connection = await this.connection();
        await connection.close();
      }
    },
  };
}
