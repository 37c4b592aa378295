// What each role of each design makes of a message, on which route, and whether several at once.

import { ROUTES } from '../topology.js';
import * as blocking from './blocking.js';
import { oneToThree } from './common.js';
import * as parts from './parts.js';
import * as pipeline from './pipeline.js';
import { rpcServer, task } from './task.js';

const consumer = (route, read, inOrder = false) => Object.freeze({ route: ROUTES[route], read, inOrder });

export const DESIGNS = {
  blocking: { stream: consumer('stream', blocking.stream) },
  parts: { stream: consumer('stream', parts.stream), part: consumer('part', parts.partTaking(() => 1), true) },
  'parts-random': { stream: consumer('stream', parts.stream), part: consumer('part', parts.partTaking(oneToThree)) },
  pipeline: { stream: consumer('stream', pipeline.stream), part: consumer('part', pipeline.part) },
  task: { task: consumer('task', task) },
  rpc: { 'rpc-server': consumer('rpc-server', rpcServer) },
};
