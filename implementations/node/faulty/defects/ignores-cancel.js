// `if (!message) return;`, and nothing else, where the broker cancels the consumer.

export const designs = ['blocking'];

export default function plant({ Consumer }) {
  return {
    Consumer: class extends Consumer {
      async consume(lane, dispatcher) {
        return super.consume(lane, dispatcher, () => {});
      }
    },
  };
}
