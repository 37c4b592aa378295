// What an instance is built of, by name, so that a faulty one can have another piece in its place.

import { Calls } from './calls.js';
import { Consumer } from './consumer.js';
import { openDatabase } from './database/open.js';
import { DESIGNS } from './designs/index.js';
import { Http } from './http.js';
import { Link } from './link.js';
import { Publisher } from './publisher.js';
import { Stop } from './stop.js';
import { Worker } from './worker.js';

export const components = Object.freeze({
  Calls, Consumer, Http, Link, Publisher, Stop, Worker, designs: DESIGNS, openDatabase,
});
