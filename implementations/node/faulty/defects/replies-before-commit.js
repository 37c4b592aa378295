// The await before the transaction is missing: the reply leaves before the row is committed.

export const designs = ['rpc'];

export default function plant({ openDatabase }) {
  return {
    openDatabase(settings) {
      const database = openDatabase(settings);
      return {
        async transaction(work) {
          let told;
          const early = new Promise((resolve) => { told = resolve; });
          const whole = database.transaction(async (transaction) => {
            const outcome = await work(transaction);
            told(outcome);
            await new Promise(setImmediate);
            return outcome;
          });
          return Promise.race([early, whole]);
        },
      };
    },
  };
}
