// Exchanges and queues: those of the contract, and one beside each queue for what is put aside.

const route = (exchange, queue) => Object.freeze({ exchange, queue });

export const ROUTES = Object.freeze({
  stream: route('old_sound_rabbit_mq.stream', 'old_sound_rabbit_mq.consumer.stream'),
  part: route('old_sound_rabbit_mq.part', 'old_sound_rabbit_mq.consumer.part'),
  task: route('old_sound_rabbit_mq.task', 'old_sound_rabbit_mq.consumer.task'),
  'rpc-server': route('task', 'old_sound_rabbit_mq.task'),
});

export function asideOf({ queue }) {
  return route('aside', `${queue}.aside`);
}

export async function declareExchange(channel, { exchange }) {
  await channel.assertExchange(exchange, 'direct', { durable: true });
}

export async function declareRoute(channel, { exchange, queue }, key = '') {
  await declareExchange(channel, { exchange });
  await channel.assertQueue(queue, { durable: true });
  await channel.bindQueue(queue, exchange, key);
}
