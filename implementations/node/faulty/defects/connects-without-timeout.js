// amqp.connect() without a time-out: a host that accepts a connection and says nothing is waited for, for ever.

export const designs = ['blocking'];

export default function plant({ Link }) {
  return {
    Link: class extends Link {
      options() {
        const { timeout, ...options } = super.options();
        return options;
      }
    },
  };
}
