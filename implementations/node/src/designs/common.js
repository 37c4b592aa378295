// A job is what a role makes of a message:
//   seconds         how long its work takes
//   record          its effect, in a transaction
//   publications    what follows from it, given what record returned
//   apology         optional: what is published when it is given up

export const job = ({ seconds = 0, record = async () => {}, publications = () => [], apology = () => [] }) =>
  Object.freeze({ seconds, record, publications, apology });

export const oneToThree = () => 1 + Math.floor(Math.random() * 3);
