// Whose fault a failure of the database is: the row's, or nobody's that a later try would not mend.

export class RowRefused extends Error {}
export class DatabaseAway extends Error {}

// SQLSTATE: data exception, integrity constraint, check option, raised by a trigger or a function.
const ROW_STATES = /^(22|23|44|P0)/;
const ROW_CODES = /^SQLITE_(CONSTRAINT|TOOBIG|MISMATCH|RANGE)/;

export async function blaming(statement) {
  try {
    return await statement();
  } catch (error) {
    const code = String(error.code ?? '');
    const row = ROW_CODES.test(code) || (code.length === 5 && ROW_STATES.test(code));
    throw new (row ? RowRefused : DatabaseAway)(error.message, { cause: error });
  }
}
