// Places an order: node publish.js ORDER [CENTS]

import amqplib from "amqplib";
import { EXCHANGE, declare } from "./topology.js";

const [id, cents = "1999"] = process.argv.slice(2);
if (!id) {
  console.error("usage: node publish.js ORDER [CENTS]");
  process.exit(2);
}

const connection = await amqplib.connect(process.env.AMQP_URL);
const channel = await connection.createConfirmChannel();
await declare(channel);
const order = { id, cents: Number(cents), currency: "EUR" };
channel.publish(EXCHANGE, "order.placed", Buffer.from(JSON.stringify(order)), {
  persistent: true,
  contentType: "application/json",
  messageId: `order-${id}`,
});
await channel.waitForConfirms();
await connection.close();
