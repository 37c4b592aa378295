// What a message asks for.

import pg from "pg";

const database = new pg.Pool({ connectionString: process.env.DATABASE_URL, connectionTimeoutMillis: 5000 });
database.on("error", (error) => console.error("database:", error.message)); // of an idle connection; it gets another

const FOR_GOOD = /^2[23]/; // the database refuses the data, or a constraint does

// Does it and notes that, in one transaction: it is done once, also if the message comes again.
export async function work(body) {
  const { id, amount } = JSON.parse(body.toString()) ?? {};
  if (typeof id !== "string" || !Number.isInteger(amount)) throw new Error("a message has an id and an amount");
  try {
    await transaction(async (client) => {
      const noted = await client.query("INSERT INTO handled (id) VALUES ($1) ON CONFLICT DO NOTHING", [id]);
      if (noted.rowCount === 0) return;
      await client.query("INSERT INTO entries (ref, amount) VALUES ($1, $2)", [id, amount]);
    });
  } catch (error) {
    error.isTemporary = !FOR_GOOD.test(error.code ?? "");
    throw error;
  }
}

async function transaction(run) {
  const client = await database.connect();
  let failed;
  try {
    await client.query("BEGIN");
    await run(client);
    await client.query("COMMIT");
  } catch (error) {
    failed = error;
    throw error;
  } finally {
    client.release(failed); // which closes it where something failed, and so rolls back
  }
}
