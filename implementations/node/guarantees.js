// The guarantees of each design, and which of them this implementation denies.

const EVERY = [
  'fair-dispatch', 'rejects-malformed', 'rejects-misshapen', 'takes-any-input', 'survives-poison', 'graceful-stop',
  'bounded-run', 'survives-broker-restart', 'survives-connection-loss', 'survives-redeploy', 'verifies-tls',
  'survives-cancel', 'survives-channel-close', 'survives-blocked', 'keeps-prefetch', 'durable-topology',
];
const KEPT = ['no-loss', 'effect-once', 'survives-database-loss'];
const PACKAGES = [...KEPT, 'survives-empty', ...EVERY];
const SPLIT = [...PACKAGES, 'part-order', 'result-last', 'parallel-parts', 'safe-publishing'];

export const GUARANTEES = {
  blocking: [...PACKAGES, 'heartbeat-safe', 'single-flight', 'keeps-concurrency'],
  parts: [...SPLIT, 'heartbeat-safe'],
  'parts-random': [...SPLIT, 'parallel-packages'],
  pipeline: [...SPLIT, 'heartbeat-safe', 'parallel-packages'],
  task: [...KEPT, ...EVERY, 'safe-publishing', 'accepts-async', 'routes-task'],
  rpc: [
    ...EVERY, 'keeps-concurrency', 'rpc-correlated', 'rpc-times-out', 'rpc-survives-missing-task',
    'rpc-late-reply-discarded', 'rpc-request-kept',
  ],
};

// Three consumers that take 1 to 3 s a part end them in any order; a pipeline has one part of a package at a time.
export const DENIED = { 'parts-random': ['part-order'], pipeline: ['parallel-parts'] };
