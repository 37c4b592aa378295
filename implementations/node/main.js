// One instance of a role, as the environment names it.

import { components } from './src/components.js';
import { start } from './src/start.js';

await start(process.env, components);
