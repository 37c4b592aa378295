// Nobody listens to the connection's 'error': the event is thrown, and the process ends.

export const designs = ['blocking'];

export default function plant({ Link }) {
  return {
    Link: class extends Link {
      watch(connection) {
        connection.on('close', () => this.forget());
      }
    },
  };
}
