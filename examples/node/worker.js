// Charges each order that was placed, by POST /charge at the payment provider.
//
// The provider charges once per Idempotency-Key, so a message that comes again does no harm.

import { setTimeout as sleep } from "node:timers/promises";
import amqplib from "amqplib";
import { QUEUE, declare } from "./topology.js";

const { AMQP_URL, CHARGE_API } = process.env;
if (!AMQP_URL || !CHARGE_API) {
  console.error("AMQP_URL and CHARGE_API must be set");
  process.exit(2);
}

let stopping = false;
let consuming; // the channel and the consumer tag of now
const inHand = new Set();

class Temporary extends Error {}

function decode(message) {
  const order = JSON.parse(message.content.toString());
  if (typeof order?.id !== "string" || !(order.cents > 0)) throw new Error("this is no order");
  return order;
}

async function charge(key, order) {
  const response = await fetch(new URL("/charge", CHARGE_API), {
    method: "POST",
    headers: { "Content-Type": "application/json", "Idempotency-Key": key },
    body: JSON.stringify({ order: order.id, cents: order.cents, currency: order.currency }),
    signal: AbortSignal.timeout(60_000),
  }).catch((error) => {
    throw new Temporary(`the provider cannot be reached: ${error.cause?.code ?? error.message}`);
  });
  if (response.status >= 500) throw new Temporary(`the provider answered ${response.status}`);
  if (!response.ok) throw new Error(`the provider answered ${response.status}`);
}

async function work(channel, message) {
  const key = message.properties.messageId;
  try {
    const order = decode(message);
    await charge(key ?? order.id, order);
    channel.ack(message);
  } catch (error) {
    console.error(`${key}: ${error.message}`);
    const again = error instanceof Temporary;
    if (again) await sleep(1000);
    channel.nack(message, false, again); // else to charges.failed
  }
}

async function consume(connection) {
  const channel = await connection.createChannel();
  channel.on("error", (error) => console.error("channel:", error.message));
  await declare(channel);
  await channel.prefetch(10);
  const { consumerTag } = await channel.consume(QUEUE, (message) => {
    if (message === null) return console.error("the broker cancelled the consumer");
    if (stopping) return; // goes back to its queue when the channel closes
    const done = work(channel, message)
      .catch((error) => console.error("settling:", error.message))
      .finally(() => inHand.delete(done));
    inHand.add(done);
  });
  consuming = { channel, consumerTag };
}

let connection;

async function stop() {
  if (stopping) return;
  stopping = true;
  await consuming?.channel.cancel(consuming.consumerTag).catch(() => {});
  await Promise.all(inHand);
  // Before the connection, whose close would overtake the last acks.
  await consuming?.channel.close().catch(() => {});
  await connection?.close();
  process.exit(0);
}
process.on("SIGTERM", stop);
process.on("SIGINT", stop);

connection = await amqplib.connect(AMQP_URL, {
  recovery: { initialDelay: 200, maxDelay: 5000, setup: consume },
});
connection.on("error", (error) => console.error("connection:", error.message));
connection.on("disconnect", (error) => console.error("disconnected:", error?.message));
console.log(`charging what comes through ${QUEUE}`);
