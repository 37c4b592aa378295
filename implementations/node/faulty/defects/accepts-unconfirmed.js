// 202 once channel.publish() returned.

export const designs = ['task'];

export default function plant({ Publisher }) {
  return {
    Publisher: class extends Publisher {
      async publish(publication) {
        const published = super.publish(publication);
        published.catch((error) => console.error('not published:', error.message));
      }
    },
  };
}
