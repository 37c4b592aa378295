// Consumes the queue @@name: each message leaves one entry, whatever ends in between.

import { once } from "node:events";
import { setTimeout as sleep } from "node:timers/promises";
import amqplib from "amqplib";
import { work } from "./work.js";

const [EXCHANGE, KEY, QUEUE, DEAD] = ["events", "@@name.created", "@@name", "@@name.dead"];
const { AMQP_URL, PREFETCH = "10" } = process.env; // messages in hand at once
const PAUSE = 1000; // ms, before another try

const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());
process.on("SIGINT", () => stop.abort());

// What outlives a restart of the broker; what cannot be done ends in the queue of dead letters.
async function declare(channel) {
  await channel.assertExchange(EXCHANGE, "topic", { durable: true });
  await channel.assertQueue(DEAD, { durable: true, arguments: { "x-queue-type": "quorum" } });
  await channel.assertQueue(QUEUE, {
    durable: true,
    deadLetterExchange: "",
    deadLetterRoutingKey: DEAD,
    arguments: {
      "x-queue-type": "quorum",
      "x-delivery-limit": 20, // a message that ends its consumer does not do so for ever
    },
  });
  await channel.bindQueue(QUEUE, EXCHANGE, KEY);
}

// Works on one message and settles it, unless there is to be no other try: then the broker gives it again.
async function handle(channel, message, over) {
  let settle;
  while (!settle) {
    try {
      await work(message.content);
      settle = () => channel.ack(message);
    } catch (error) {
      console.error(error.isTemporary ? "another try:" : "dead letter:", error.message);
      if (!error.isTemporary) settle = () => channel.reject(message, false);
      else await sleep(PAUSE, undefined, { signal: over });
    }
  }
  settle();
}

// Consumes over one connection, until it, its channel or its consumer is gone, or a stop is asked for.
async function consume() {
  const connection = await amqplib.connect(AMQP_URL, { timeout: 10_000 });
  connection.on("error", (error) => console.error("connection:", error.message));
  const over = new AbortController();
  const inHand = new Set();
  try {
    const channel = await connection.createChannel();
    channel.on("error", (error) => console.error("channel:", error.message));
    const gone = new Promise((resolve) => {
      channel.on("close", resolve);
      connection.on("close", resolve);
      over.signal.addEventListener("abort", resolve);
    });
    await declare(channel);
    await channel.prefetch(Number(PREFETCH));
    const { consumerTag } = await channel.consume(QUEUE, (message) => {
      if (message === null) return over.abort(); // the broker cancelled the consumer
      if (stop.signal.aborted) return; // it goes back to its queue when the channel closes
      const done = handle(channel, message, over.signal)
        .catch((error) => console.error("the message comes again:", error.message))
        .finally(() => inHand.delete(done));
      inHand.add(done);
    });
    console.log(`consuming from ${QUEUE}`);
    if (!stop.signal.aborted) await Promise.race([gone, once(stop.signal, "abort")]);
    if (stop.signal.aborted) await channel.cancel(consumerTag);
    over.abort();
    await Promise.all(inHand);
    await channel.close(); // before the connection, whose close would overtake the last acks
  } finally {
    over.abort();
    await connection.close().catch(() => {});
  }
}

while (!stop.signal.aborted) {
  try {
    await consume();
  } catch (error) {
    console.error("broker:", error.message);
  }
  if (!stop.signal.aborted) await sleep(PAUSE, undefined, { signal: stop.signal }).catch(() => {});
}
process.exit(0);
