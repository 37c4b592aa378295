// The work is synchronous: no heartbeat leaves while it lasts.

export const designs = ['blocking'];

export default function plant({ Worker }) {
  return {
    Worker: class extends Worker {
      async toil({ seconds }) {
        const ms = seconds * this.settings.second;
        if (ms > 0) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, ms);
      }
    },
  };
}
