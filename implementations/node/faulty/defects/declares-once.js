// Exchange, queue and binding are declared at the start, not again when the consumer begins anew.

export const designs = ['blocking'];

export default function plant({ Consumer }) {
  return {
    Consumer: class extends Consumer {
      async declare(channel) {
        if (this.declared) return;
        await super.declare(channel);
        this.declared = true;
      }
    },
  };
}
