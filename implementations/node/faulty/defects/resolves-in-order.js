// Replies are given to the callers in the order of their calls, without a look at the correlation id.

export const designs = ['rpc'];

export default function plant({ Calls }) {
  const order = [];
  return {
    Calls: class extends Calls {
      request(call) {
        order.push(call);
        super.request(call);
      }

      async call(taskId, ms) {
        try {
          return await super.call(taskId, ms);
        } finally {
          const index = order.findIndex((call) => call.taskId === taskId);
          if (index >= 0) order.splice(index, 1);
        }
      }

      reply(message) {
        const call = order.shift();
        if (call) message.properties.correlationId = call.id;
        super.reply(message);
      }
    },
  };
}
