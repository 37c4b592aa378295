// client.release() is not in `finally`: a transaction that fails keeps its connection, until the pool has none.

import pg from 'pg';

import { blaming } from '../../src/database/errors.js';

export const designs = ['blocking'];

class Leaking {
  constructor({ host, port, database, user, password }) {
    this.pool = new pg.Pool({ host, port, database, user, password, query_timeout: 10_000, connectionTimeoutMillis: 10_000 });
    this.pool.on('error', () => {});
  }

  async transaction(work) {
    const client = await blaming(() => this.pool.connect());
    const query = (sql, values) => blaming(() => client.query(sql, values));
    client.on('error', () => {});
    try {
      await query('BEGIN');
      const outcome = await work({
        run: async (sql, ...values) => {
          const { rows, rowCount } = await query(sql, values);
          return { rows, changes: rowCount };
        },
      });
      await query('COMMIT');
      client.release();
      return outcome;
    } catch (error) {
      await query('ROLLBACK').catch(() => {});
      throw error;
    }
  }
}

export default function plant({ openDatabase }) {
  return { openDatabase: (settings) => (settings.kind === 'postgresql' ? new Leaking(settings) : openDatabase(settings)) };
}
