import { chmod, mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { CommandOptions } from '../lab/command.js';
import { expectEnd, startWorld, type World } from './world.js';

/** Says what it was given, asks the API for its version, and does what its first word says. */
const fakeKubectl = `#!${process.execPath}
const { existsSync, readFileSync, statSync } = require('node:fs');
const { request } = require('node:https');
const { KUBECONFIG } = process.env;
const text = readFileSync(KUBECONFIG, 'utf8');
const field = (name) => new RegExp(name + ': "?([^"\\n]+)').exec(text)?.[1] ?? '';
const pem = (name) => Buffer.from(field(name), 'base64');
const words = process.argv.slice(2);
const ask = () => new Promise((resolve, reject) => {
  const call = request(field('server') + '/version', {
    agent: false,
    servername: field('tls-server-name'),
    ca: pem('certificate-authority-data'),
    cert: pem('client-certificate-data'),
    key: pem('client-key-data'),
  }, (response) => { response.resume(); response.on('end', () => resolve(response.statusCode)); });
  call.on('error', reject);
  call.end();
});
const say = (what) => process.stdout.write(JSON.stringify(what) + '\\n');
(async () => {
  if (words[0] === 'wait') process.on('SIGINT', () => process.exit(42));
  say({ words, mode: (statSync(KUBECONFIG).mode & 0o777).toString(8), server: field('server'), status: await ask() });
  if (words[0] === 'exit') process.exitCode = Number(words[1]);
  if (words[0] === 'wait') {
    const timer = setInterval(() => {
      if (!existsSync(words[1])) return;
      clearInterval(timer);
      ask().then((status) => say({ status }), (error) => { say({ error: error.message }); process.exitCode = 1; });
    }, 50);
  }
})();
`;

let world: World;
let environment: CommandOptions['environment'];
beforeAll(async () => {
  world = await startWorld(3);
  expectEnd(await world.up(), 0);
  const bin = join(world.directory, 'bin');
  await mkdir(bin);
  await writeFile(join(bin, 'kubectl'), fakeKubectl);
  await chmod(join(bin, 'kubectl'), 0o755);
  environment = {
    HOME: world.directory,
    SSH_AUTH_SOCK: undefined,
    NO_COLOR: '1',
    PATH: `${bin}:${process.env['PATH']}`,
  };
});
afterAll(() => world.close());

const kubectl = (words: readonly string[], more: CommandOptions = {}) =>
  world.own(['-f', world.file, 'kubectl', ...words], { environment: environment!, ...more });
const leftBehind = async () => (await readdir(world.state)).filter((name) => name.startsWith('kubectl-'));

it('runs the kubectl in PATH with its own words, on loopback, and removes the kubeconfig', async () => {
  const words = ['get', '-f', 'app.yaml', '-o', 'json', '--help'];
  const ended = await kubectl(words);
  expectEnd(ended, 0);
  expect(JSON.parse(ended.stdout)).toEqual({
    words,
    mode: '600',
    server: expect.stringMatching(/^https:\/\/127\.0\.0\.1:\d+$/),
    status: 200,
  });
  expect(await leftBehind()).toEqual([]);
});

it('ends as kubectl ends', async () => {
  expect((await kubectl(['exit', '7'])).code).toBe(7);
  expect(await leftBehind()).toEqual([]);
});

it('passes an interruption on, and removes the kubeconfig all the same', async () => {
  let interrupt = () => false;
  const ended = await kubectl(['wait', join(world.directory, 'never')], {
    onStart: (process) => {
      interrupt = () => process.kill('SIGINT');
    },
    onOutput: (text) => void (text.includes('"status":200') && interrupt()),
  });
  expect(ended.code, ended.stderr).toBe(42);
  expect(await leftBehind()).toEqual([]);
});

it('says what to do where there is no kubectl', async () => {
  expectEnd(
    await kubectl(['get'], { environment: { ...environment, PATH: '/nowhere' } }),
    1,
    'Starting kubectl',
    'Install kubectl on this machine',
  );
  expect(await leftBehind()).toEqual([]);
});

it('takes another control plane when one is gone, also while kubectl runs', async () => {
  const file = join(world.directory, 'go-on');
  let cut: Promise<void> | undefined;
  const ended = await kubectl(['wait', file], {
    onOutput: (text) => {
      if (!text.includes('"server"')) return;
      cut = Promise.all(['cp-1', 'cp-2'].map((name) => world.site.powerCut(name))).then(() =>
        writeFile(file, ''),
      );
    },
  });
  await cut;
  expectEnd(ended, 0, '{"status":200}');
  // Without etcd's quorum no API server is ready, and the one that is left may still be asked why.
  expectEnd(await kubectl(['get']), 0, '"status":200');
});

it('ends with “try again” when no control plane answers', async () => {
  await world.site.powerCut('cp-3');
  expectEnd(await kubectl(['get']), 75, 'cp-1', 'cp-2', 'cp-3');
});
