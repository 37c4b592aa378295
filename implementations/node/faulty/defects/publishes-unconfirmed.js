// channel.publish() returned, so it is taken to be published.

export const designs = ['parts', 'pipeline'];

export default function plant({ Publisher }) {
  return {
    Publisher: class extends Publisher {
      async send(lane, publication) {
        super.send(lane, publication).catch(() => {});
      }
    },
  };
}
