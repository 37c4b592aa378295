// Publishes as mandatory, and has no listener for 'return': the confirm is taken for a delivery.

export const designs = ['parts'];

export default function plant({ Publisher }) {
  return {
    Publisher: class extends Publisher {
      async lane() {
        const lane = await super.lane();
        lane.channel.removeAllListeners('return');
        return lane;
      }
    },
  };
}
