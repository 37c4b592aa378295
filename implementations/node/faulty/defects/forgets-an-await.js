// The await before publishAll() is missing: the message is acked while its parts are on their way.

export const designs = ['parts', 'pipeline'];

export default function plant({ Publisher }) {
  return {
    Publisher: class extends Publisher {
      publishAll(publications) {
        super.publishAll(publications).catch((error) => console.error('not published:', error.message));
      }
    },
  };
}
