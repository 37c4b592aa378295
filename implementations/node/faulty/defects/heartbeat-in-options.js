// amqp.connect(url, { heartbeat }): amqplib takes it from the URL alone, so that the broker's own is negotiated.

export const designs = ['blocking'];

export default function plant({ Link }) {
  return {
    Link: class extends Link {
      address() {
        return this.settings.url;
      }

      options() {
        return { ...super.options(), heartbeat: this.settings.heartbeat };
      }
    },
  };
}
