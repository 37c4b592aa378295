// Role http: GET /task makes a task, and has it done.

import { once } from 'node:events';
import { createServer } from 'node:http';

import { insertTask } from './database/effects.js';
import { write } from './messages.js';
import { within } from './time.js';
import { declareExchange, ROUTES } from './topology.js';

export class Http {
  constructor({ settings, database, publisher, calls }) {
    Object.assign(this, { settings, database, publisher, calls });
    this.server = createServer((request, response) => this.answer(request, response));
  }

  async listen() {
    this.server.listen(this.settings.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async close() {
    this.server.close();
    await once(this.server, 'close');
  }

  async answer({ method, url }, response) {
    let status = 404;
    let text = '"Not found"';
    if (method === 'GET' && new URL(url, 'http://localhost').pathname === '/task') {
      try {
        [status, text] = await this.task();
      } catch (error) {
        console.error('GET /task:', error.message);
        [status, text] = [503, JSON.stringify({ error: error.message })];
      }
    }
    response.writeHead(status, { 'Content-Type': 'application/json', Connection: 'close' }).end(text);
  }

  async task() {
    const deadline = Date.now() + this.settings.timeout;
    const left = () => Math.max(0, deadline - Date.now());
    const id = await within(left(), this.database.transaction(insertTask), 'database');
    if (this.settings.design === 'rpc') return [200, await this.calls.call(id, left())];
    await within(left(), this.publisher.publish(request(id)), 'broker');
    return [202, '"Task accepted"'];
  }
}

function request(taskId) {
  return {
    declare: (channel) => declareExchange(channel, ROUTES.task),
    exchange: ROUTES.task.exchange,
    body: write({ taskId }),
    properties: { contentType: 'text/plain', messageId: `task/${taskId}` },
  };
}
