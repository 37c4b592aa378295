// Connects again at the connection's 'error', which amqplib does not emit when the broker closes it in order (320).

export const designs = ['blocking'];

export default function plant({ Link }) {
  return {
    Link: class extends Link {
      watch(connection) {
        connection.on('error', (error) => {
          console.error('broker: connection failed:', error.message);
          super.forget();
        });
      }

      forget() {} // nobody else connects again
    },
  };
}
