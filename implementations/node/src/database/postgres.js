// PostgreSQL by node-postgres: a pool, and one of its connections for each transaction.

import pg from 'pg';

import { blaming } from './errors.js';

const TIMEOUT_MS = 10_000;

export class PostgresDatabase {
  #pool;

  constructor({ host, port, database, user, password }) {
    this.#pool = new pg.Pool({
      host, port, database, user, password,
      connectionTimeoutMillis: TIMEOUT_MS,
      query_timeout: TIMEOUT_MS, // a line that is silent tells nothing
      keepAlive: true,
    });
    this.#pool.on('error', (error) => console.error('database: an idle connection was lost:', error.message));
  }

  async transaction(work) {
    const client = await blaming(() => this.#pool.connect());
    const query = (sql, values) => blaming(() => client.query(sql, values));
    const lost = () => {}; // the query that waits is told
    client.on('error', lost);
    let failure;
    try {
      await query('BEGIN');
      const outcome = await work({
        run: async (sql, ...values) => {
          const { rows, rowCount } = await query(sql, values);
          return { rows, changes: rowCount };
        },
      });
      await query('COMMIT');
      return outcome;
    } catch (error) {
      failure = error;
      throw error;
    } finally {
      client.removeListener('error', lost);
      client.release(failure); // a connection with a failure is closed, which takes back what was begun
    }
  }
}
