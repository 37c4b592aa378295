// What the charging service needs at the broker; both programs declare it.

export const EXCHANGE = "orders";
export const QUEUE = "charges";

export async function declare(channel) {
  await channel.assertExchange(EXCHANGE, "direct", { durable: true });
  await channel.assertExchange("charges.failed", "fanout", { durable: true });
  await channel.assertQueue("charges.failed", { durable: true });
  await channel.bindQueue("charges.failed", "charges.failed", "");
  await channel.assertQueue(QUEUE, {
    durable: true,
    deadLetterExchange: "charges.failed",
    arguments: { "x-queue-type": "quorum", "x-delivery-limit": 10 },
  });
  await channel.bindQueue(QUEUE, EXCHANGE, "order.placed");
}
