// channel.prefetch() is called on the first channel alone.

export const designs = ['blocking'];

export default function plant({ Consumer }) {
  return {
    Consumer: class extends Consumer {
      async prefetch(channel) {
        if (this.bounded) return;
        this.bounded = true;
        await super.prefetch(channel);
      }
    },
  };
}
