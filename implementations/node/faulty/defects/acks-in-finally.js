// The ack stands in `finally`, so that a message whose work failed is acked too.

export const designs = ['blocking'];

export default function plant({ Worker }) {
  return {
    Worker: class extends Worker {
      async complete(message, job) {
        try {
          await this.steps(job)();
        } catch (error) {
          console.error('work failed:', error.message);
        }
        return 'ack';
      }
    },
  };
}
