// pool.query('BEGIN'), pool.query(…), pool.query('COMMIT'): each may go by another connection of the pool.

import pg from 'pg';

import { blaming } from '../../src/database/errors.js';

export const designs = ['blocking'];

class Pooled {
  constructor({ host, port, database, user, password }) {
    this.pool = new pg.Pool({ host, port, database, user, password, query_timeout: 10_000 });
    this.pool.on('error', () => {});
  }

  async transaction(work) {
    const query = (sql, values) => blaming(() => this.pool.query(sql, values));
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
      await query('ROLLBACK').catch(() => {});
      throw error;
    }
  }
}

export default function plant({ openDatabase }) {
  return { openDatabase: (settings) => (settings.kind === 'postgresql' ? new Pooled(settings) : openDatabase(settings)) };
}
