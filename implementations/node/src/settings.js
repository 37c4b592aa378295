// What the environment says of one instance.

const MS = 1000;

export function readSettings(environment) {
  const name = (key) => environment[`WARREN_${key}`];
  return Object.freeze({
    design: name('DESIGN'),
    role: name('ROLE'),
    url: name('AMQP_URL'),
    ca: name('AMQP_CA'),
    heartbeat: Number(name('HEARTBEAT')),
    prefetch: Number(name('PREFETCH')),
    second: Number(name('SECOND')) * MS,
    most: Number(name('MAX_MESSAGES')),
    timeout: Number(name('TIMEOUT')) * MS,
    port: Number(name('HTTP_PORT')),
    database: readDatabase(environment),
  });
}

export function readDatabase(environment) {
  const name = (key) => environment[`WARREN_DATABASE_${key}`];
  return Object.freeze({
    kind: name('URL').split(/[+:]/)[0],
    path: name('NAME'),
    host: name('HOST'),
    port: Number(name('PORT')),
    database: name('NAME'),
    user: name('USER'),
    password: name('PASSWORD'),
  });
}
