// A bound for connection attempts that no success puts back: the eleventh loss of a life is the last.

export const designs = ['blocking'];

const MOST = 10;

export default function plant({ Link }) {
  return {
    Link: class extends Link {
      attempts = 0;

      async connect() {
        if (this.attempts > MOST) {
          console.error('broker: no more attempts');
          process.exit(1);
        }
        this.attempts += 1;
        return super.connect();
      }
    },
  };
}
