// Handlers that run at once share one connection: "BEGIN, unless a transaction is open", and whoever ends it ends all.

import Driver from 'better-sqlite3';
import pg from 'pg';

import { blaming } from '../../src/database/errors.js';
import { run } from '../../src/database/sqlite.js';

export const designs = ['blocking'];

const BUSY_MS = 200;
const TIMEOUT_MS = 10_000;

class Shared {
  isOpen = false;

  async transaction(work) {
    try {
      if (!this.isOpen) await this.begin();
      const outcome = await work({ run: (sql, ...values) => this.run(sql, values) });
      if (this.isOpen) await this.end('COMMIT');
      return outcome;
    } catch (error) {
      if (this.isOpen) await this.end('ROLLBACK').catch(() => {});
      throw error;
    }
  }

  async begin() {
    this.isOpen = true;
    try {
      await this.run(this.beginning, []);
    } catch (error) {
      this.isOpen = false;
      throw error;
    }
  }

  async end(sql) {
    this.isOpen = false;
    await this.run(sql, []);
  }
}

class SharedFile extends Shared {
  beginning = 'BEGIN IMMEDIATE';

  constructor({ path }) {
    super();
    this.handle = new Driver(path, { timeout: BUSY_MS });
  }

  async run(sql, values) {
    return blaming(() => run(this.handle, sql, values));
  }
}

class SharedClient extends Shared {
  beginning = 'BEGIN';

  constructor({ host, port, database, user, password }) {
    super();
    this.open = () => new pg.Client({ host, port, database, user, password, query_timeout: TIMEOUT_MS });
  }

  async run(sql, values) {
    return blaming(async () => {
      this.client ??= this.connect();
      const { rows, rowCount } = await (await this.client).query(sql, values);
      return { rows, changes: rowCount };
    });
  }

  async connect() {
    const client = this.open();
    client.on('error', () => { this.client = undefined; });
    try {
      await client.connect();
    } catch (error) {
      this.client = undefined;
      throw error;
    }
    return client;
  }
}

const KINDS = { sqlite: SharedFile, postgresql: SharedClient };

export default function plant({ openDatabase }) {
  return { openDatabase: (settings) => (KINDS[settings.kind] ? new KINDS[settings.kind](settings) : openDatabase(settings)) };
}
