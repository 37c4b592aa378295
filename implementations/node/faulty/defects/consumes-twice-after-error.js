// Both 'error' and 'close' of a connection begin to consume anew, and a loss emits both.

export const designs = ['blocking'];

export default function plant({ Consumer, Link }) {
  return {
    Link: class extends Link {
      watch(connection) {
        super.watch(connection);
        connection.on('error', () => { this.failed = true; });
      }
    },
    Consumer: class extends Consumer {
      async session() {
        await super.session();
        if (!this.link.failed || this.done) return;
        this.link.failed = false;
        this.run();
      }
    },
  };
}
