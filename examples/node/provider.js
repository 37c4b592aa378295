// A payment provider for trying it out: answers after DELAY milliseconds, 422 below 0 cents.

import { createServer } from "node:http";
import { setTimeout as sleep } from "node:timers/promises";

const { PORT = "8080", DELAY = "500" } = process.env;

createServer(async (request, response) => {
  const chunks = await request.toArray();
  const body = JSON.parse(Buffer.concat(chunks).toString());
  await sleep(Number(DELAY));
  const status = body.cents >= 0 ? 201 : 422;
  console.log(request.method, request.url, request.headers["idempotency-key"], status);
  response.writeHead(status).end();
}).listen(Number(PORT), "127.0.0.1");
