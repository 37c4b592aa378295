// The call that waits is one variable: the next one takes its place.

export const designs = ['rpc'];

export default function plant({ Calls }) {
  let last;
  return {
    Calls: class extends Calls {
      request(call) {
        last = call;
        super.request(call);
      }

      reply(message) {
        if (last) message.properties.correlationId = last.id;
        super.reply(message);
      }
    },
  };
}
