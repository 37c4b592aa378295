// Handlers that run at once share one connection: "BEGIN, unless a transaction is open", and whoever ends it ends all.

import Driver from 'better-sqlite3';

import { blaming } from '../../src/database/errors.js';
import { run } from '../../src/database/sqlite.js';

export const designs = ['blocking'];

const BUSY_MS = 200;

class Shared {
  constructor({ path }) {
    this.handle = new Driver(path, { timeout: BUSY_MS });
  }

  async transaction(work) {
    const { handle } = this;
    try {
      if (!handle.inTransaction) await blaming(() => handle.exec('BEGIN IMMEDIATE'));
      const outcome = await work({ run: (sql, ...values) => blaming(() => run(handle, sql, values)) });
      if (handle.inTransaction) await blaming(() => handle.exec('COMMIT'));
      return outcome;
    } catch (error) {
      if (handle.inTransaction) handle.exec('ROLLBACK');
      throw error;
    }
  }
}

export default function plant({ openDatabase }) {
  return { openDatabase: (settings) => (settings.kind === 'sqlite' ? new Shared(settings) : openDatabase(settings)) };
}
