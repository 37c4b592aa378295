// What messages leave in the database, each within a transaction of its caller.

export class NoSuchTask extends Error {}

// The key is committed with the effect: a message that is given again leaves nothing more.
export async function once(transaction, { queue, id }, effect) {
  const { changes } = await transaction.run(
    'INSERT INTO effect (queue, message_id) VALUES ($1, $2) ON CONFLICT DO NOTHING', queue, id);
  if (changes > 0) await effect();
}

export async function log(transaction, message) {
  await transaction.run('INSERT INTO message_log (message, created_at) VALUES ($1, CURRENT_TIMESTAMP)', message);
}

// Counts one more part of a package as done; returns how many are, and the source body once it is known.
export async function countPart(transaction, id, source) {
  const { rows } = await transaction.run(
    `INSERT INTO package (id, done, source) VALUES ($1, 1, $2)
     ON CONFLICT (id) DO UPDATE SET done = package.done + 1, source = COALESCE(package.source, excluded.source)
     RETURNING done, source`, id, source);
  return rows[0];
}

export async function insertTask(transaction) {
  const { rows } = await transaction.run(
    'INSERT INTO task (created_at) VALUES (CURRENT_TIMESTAMP) RETURNING id');
  return rows[0].id;
}

// Completes a task unless it is complete already; returns the result that it has.
export async function completeTask(transaction, id, result) {
  await transaction.run(
    'UPDATE task SET result = $2, completed_at = CURRENT_TIMESTAMP WHERE id = $1 AND completed_at IS NULL', id, result);
  const { rows } = await transaction.run('SELECT result FROM task WHERE id = $1', id);
  if (rows.length === 0) throw new NoSuchTask(`there is no task ${id}`);
  return rows[0].result;
}
