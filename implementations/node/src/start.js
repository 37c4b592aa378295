// Builds an instance, and lets it live until it is told to stop or has done what it was told.

import { readSettings } from './settings.js';
import { firstOf } from './time.js';

const UNSUPPORTED = 127;

export async function start(environment, components) {
  const settings = readSettings(environment);
  const stop = new components.Stop();
  const database = components.openDatabase(settings.database);
  const link = new components.Link(settings, stop);
  const publisher = new components.Publisher(link);
  const parts = { components, settings, stop, database, link, publisher };

  if (settings.role === 'http') await serve(parts);
  else await consume(parts);

  await link.close();
  process.exit(0);
}

async function consume({ components, settings, stop, database, link, publisher }) {
  const consumer = components.designs[settings.design]?.[settings.role];
  if (!consumer) {
    console.error(`no role "${settings.role}" in design "${settings.design}"`);
    process.exit(UNSUPPORTED);
  }
  const worker = new components.Worker({ consumer, database, publisher, settings, stop });
  await new components.Consumer({ link, worker, consumer, settings, stop }).run();
}

async function serve({ components, settings, stop, database, link, publisher }) {
  const calls = settings.design === 'rpc' ? new components.Calls({ link, stop }) : null;
  const http = new components.Http({ settings, database, publisher, calls });
  await http.listen();
  const running = calls?.run();
  await firstOf([stop.signal]);
  await http.close(); // what was asked is answered
  calls?.end();
  await running;
}
