// The database that the settings name.

import { PostgresDatabase } from './postgres.js';
import { SqliteDatabase } from './sqlite.js';

const KINDS = { sqlite: SqliteDatabase, postgresql: PostgresDatabase };
const UNSUPPORTED = 127;

export function openDatabase(settings) {
  const Kind = KINDS[settings.kind];
  if (!Kind) {
    console.error(`no driver for "${settings.kind}": use SQLite or PostgreSQL`);
    process.exit(UNSUPPORTED);
  }
  return new Kind(settings);
}
