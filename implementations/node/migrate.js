// Makes the tables: the two of the contract, and ours.

import { openDatabase } from './src/database/open.js';
import { MIGRATION } from './src/database/schema.js';
import { readDatabase } from './src/settings.js';

const settings = readDatabase(process.env);
const database = openDatabase(settings);
await database.transaction(async (transaction) => {
  for (const statement of MIGRATION[settings.kind]) await transaction.run(statement);
});
process.exit(0);
