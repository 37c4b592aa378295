// channel.prefetch() comes after channel.consume(): it is meant for the consumers that follow.

export const designs = ['blocking'];

export default function plant({ Consumer }) {
  return {
    Consumer: class extends Consumer {
      async consume(lane, dispatcher, cancelled) {
        const tag = await super.consume(lane, dispatcher, cancelled);
        await super.prefetch(lane.channel);
        return tag;
      }

      async prefetch() {}
    },
  };
}
