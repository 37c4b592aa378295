// Writes implementation.toml, and a manifest for each faulty consumer: what the correct one claims, for its designs.

import { readdirSync, writeFileSync } from 'node:fs';

import { DENIED, GUARANTEES } from './guarantees.js';
import { DESIGNS } from './src/designs/index.js';

const list = (words) => `[\n${words.map((word) => `    "${word}",\n`).join('')}]`;

function design(name, command) {
  const denied = DENIED[name] ?? [];
  const claims = GUARANTEES[name].filter((guarantee) => !denied.includes(guarantee));
  const roles = [...Object.keys(DESIGNS[name]), ...(['task', 'rpc'].includes(name) ? ['http'] : [])];
  return [
    `[designs.${name}]`,
    `claims = ${list(claims)}`,
    ...(denied.length > 0 ? [`denies = ${list(denied)}`] : []),
    ...roles.flatMap((role) => [`[designs.${name}.roles.${role}]`, `command = ${JSON.stringify(command)}`]),
  ].join('\n');
}

function manifest(path, name, directory, designs, command) {
  const head = [
    '# Written by manifests.js.',
    'protocol = 1', `name = "${name}"`, 'language = "JavaScript, amqplib"', `directory = "${directory}"`,
    'migrate = ["node", "migrate.js"]', '',
  ];
  const parts = designs.map((each) => design(each, command));
  writeFileSync(new URL(path, import.meta.url), `${head.join('\n')}\n${parts.join('\n\n')}\n`);
}

manifest('implementation.toml', 'node', '.', Object.keys(GUARANTEES), ['node', 'main.js']);
for (const file of readdirSync(new URL('faulty/defects', import.meta.url))) {
  const name = file.replace(/\.js$/, '');
  const { designs } = await import(`./faulty/defects/${file}`);
  manifest(`faulty/${name}.toml`, `node-${name}`, '..', designs, ['node', 'faulty/main.js', name]);
}
