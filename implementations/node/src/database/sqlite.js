// SQLite by better-sqlite3, which blocks the process: so its busy time-out is short, and the caller tries again.

import Driver from 'better-sqlite3';

import { blaming } from './errors.js';

const BUSY_MS = 200;

export class SqliteDatabase {
  #path;
  #handle;
  #turn = Promise.resolve();

  constructor({ path }) {
    this.#path = path;
  }

  // One transaction at a time: they share one connection.
  transaction(work) {
    const outcome = this.#turn.then(() => this.#attempt(work));
    this.#turn = outcome.catch(() => {});
    return outcome;
  }

  async #attempt(work) {
    try {
      await blaming(() => {
        this.#handle ??= new Driver(this.#path, { timeout: BUSY_MS });
        this.#handle.exec('BEGIN IMMEDIATE');
      });
      const outcome = await work({ run: (sql, ...values) => blaming(() => run(this.#handle, sql, values)) });
      await blaming(() => this.#handle.exec('COMMIT'));
      return outcome;
    } catch (error) {
      this.#handle?.close(); // takes back what was begun
      this.#handle = undefined;
      throw error;
    }
  }
}

export function run(handle, sql, values) {
  const statement = handle.prepare(sql);
  const named = Object.fromEntries(values.map((value, index) => [index + 1, value])); // $1 is a name to SQLite
  if (statement.reader) {
    const rows = statement.all(named);
    return { rows, changes: rows.length };
  }
  return { rows: [], changes: statement.run(named).changes };
}
