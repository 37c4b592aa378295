// The count of settled messages belongs to the channel: after a loss it begins at 0.

export const designs = ['blocking'];

export default function plant({ Consumer }) {
  return {
    Consumer: class extends Consumer {
      async session() {
        if (!this.done) this.bound = { ...this.bound, settled: 0 };
        await super.session();
      }
    },
  };
}
