// Nobody listens to the pool's 'error': an idle connection that the server closes ends the process.

import pg from 'pg';

import { PostgresDatabase } from '../../src/database/postgres.js';

export const designs = ['blocking'];

export default function plant({ openDatabase }) {
  const { on } = pg.Pool.prototype;
  pg.Pool.prototype.on = function quiet(event, listener) {
    return event === 'error' ? this : on.call(this, event, listener);
  };
  return { openDatabase: (settings) => (settings.kind === 'postgresql' ? new PostgresDatabase(settings) : openDatabase(settings)) };
}
