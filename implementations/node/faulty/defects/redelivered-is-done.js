// fields.redelivered is taken to say that the message was worked on already.

export const designs = ['blocking'];

export default function plant({ Worker }) {
  return {
    Worker: class extends Worker {
      async work(message, closed) {
        return message.fields.redelivered ? 'ack' : super.work(message, closed);
      }
    },
  };
}
