// One instance of a role with the defect that the first argument names.

import { components } from '../src/components.js';
import { start } from '../src/start.js';

const { default: plant } = await import(`./defects/${process.argv[2]}.js`);

await start(process.env, { ...components, ...plant(components) });
