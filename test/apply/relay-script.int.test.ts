import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import {
  endPostScript,
  keepScript,
  type Post,
  preparePostScript,
} from '../../src/apply/transfer/relay-script.js';
import { connect } from '../../src/transport/connect.js';
import { makeSshKey } from '../../src/transport/ssh/make-key.js';
import type { Transport } from '../../src/transport/transport.js';
import { hostNamed, inventoryOf, optionsOf } from '../transport/inventory.js';
import { type Sshd, startSshd } from '../transport/sshd.js';

const content = Buffer.alloc(300_000, 'podstrap');
const sha256 = createHash('sha256').update(content).digest('hex');
const run = '20260101T000000Z-abcd';
const key = makeSshKey();

let base: string;
let sshd: Sshd;
let transport: Transport;
let before: string;
const at = (path: string) => join(base, path);
const incoming = (path: string) => at(`var/lib/podstrap/incoming/${path}`);
const authorizedKeys = () => readFileSync(join(sshd.directory, 'authorized_keys'), 'utf8');

beforeAll(async () => {
  base = mkdtempSync(join(tmpdir(), 'podstrap-relay-'));
  sshd = await startSshd({ environment: { PODSTRAP_ROOT: base } });
  const { user, identityFile, port, directory } = sshd;
  const host = hostNamed('cp-1', { ssh: { user, identityFile, port, identitiesOnly: true, become: 'none' } });
  transport = await connect(host, inventoryOf([host]), optionsOf({ acceptNewHostKeys: true }));
  mkdirSync(incoming(''), { recursive: true });
  writeFileSync(at('var/lib/podstrap/lock'), 'ours me@here\n');
  writeFileSync(at('key'), key.private.reveal(), { mode: 0o600 });
  mkdirSync(join(directory, '.ssh'), { mode: 0o700 });
  symlinkSync('../authorized_keys', join(directory, '.ssh/authorized_keys'));
  // The last line of a file that people edit often lacks its end.
  writeFileSync(join(directory, 'authorized_keys'), `# mine\n${authorizedKeys().trim()}`);
  chmodSync(join(directory, 'authorized_keys'), 0o640);
  before = authorizedKeys();
});
afterEach(() => end());
afterAll(async () => {
  await transport.close();
  await sshd.stop();
  rmSync(base, { recursive: true, force: true });
});

async function prepare(post: Partial<Post> = {}): Promise<void> {
  const admitted = [{ addresses: ['10.9.9.9', '127.0.0.1'], publicKey: key.line }];
  const script = preparePostScript({
    ...{ run, lockId: 'ours', peers: [], admitted, handsOut: [sha256], lifetime: 600 },
    ...post,
  });
  expect(await transport.exec({ script })).toMatchObject({ code: 0 });
  writeFileSync(incoming(sha256), content);
  const kept = await transport.exec({ script: keepScript({ sha256, size: content.length }, run) });
  expect(kept).toMatchObject({ code: 0 });
  rmSync(incoming(sha256));
}

const end = () => transport.exec({ script: endPostScript([run]) });

interface Said {
  readonly code: number;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Asks with the key of the run, as OpenSSH's own client. */
function ask(command: readonly string[], options: readonly string[] = []): Promise<Said> {
  const common = ['IdentitiesOnly=yes', 'BatchMode=yes', 'StrictHostKeyChecking=no', 'LogLevel=ERROR'];
  const words = [...common, 'UserKnownHostsFile=/dev/null'].flatMap((option) => ['-o', option]);
  const to = ['-p', String(sshd.port), `${sshd.user}@127.0.0.1`];
  return new Promise((resolve) => {
    execFile(
      'ssh',
      ['-F', 'none', '-i', at('key'), ...words, ...options, ...to, ...command],
      { encoding: 'buffer', env: { PATH: process.env.PATH } },
      (error, stdout, stderr) =>
        resolve({ code: error ? Number(error.code) : 0, stdout, stderr: stderr.toString() }),
    ).stdin?.end();
  });
}

describe('a key of the run, at a real sshd', () => {
  test('fetches a blob, from any byte on', async () => {
    await prepare();
    expect(await ask([`${sha256} 0`])).toMatchObject({ code: 0, stdout: content });
    expect((await ask([`${sha256} 299990`])).stdout).toEqual(content.subarray(299_990));
    expect((await ask([`${sha256} 0010`])).stdout.length).toBe(299_990);
    expect((await ask([`${sha256} 300000`])).stdout.length).toBe(0);
  });

  test('does nothing else, whatever it asks for', async () => {
    await prepare();
    const wishes = [
      [],
      ['id'],
      [sha256],
      [`${sha256} 0; id`],
      [`${sha256} $(id)`],
      [`${sha256} 0 0`],
      [`${sha256} -1`],
      [`${sha256} 99999999999999999999`],
      [`${'a'.repeat(64)} 0`],
      ['../key 0'],
      ['* 0'],
      ['" 0'],
      [`"; id; " 0`],
      [`${sha256}\nid 0`],
    ];
    for (const wish of wishes)
      expect([wish, await ask(wish)]).toEqual([
        wish,
        {
          code: 64,
          stdout: Buffer.alloc(0),
          stderr: expect.stringContaining('blobs of this run are handed out here, and nothing else'),
        },
      ]);
  });

  test('opens no terminal, no subsystem and no way to elsewhere', async () => {
    await prepare();
    expect((await ask([], ['-tt'])).code).not.toBe(0);
    expect((await ask(['sftp'], ['-s'])).stdout.length).toBe(0);
    const through = await ask([], ['-W', `127.0.0.1:${sshd.port}`]);
    expect(through).toMatchObject({ code: 255, stderr: expect.stringContaining('forwarding failed') });
  });

  test('is worth nothing from elsewhere, after its time, and after the run', async () => {
    await prepare({ admitted: [{ addresses: ['10.9.9.9'], publicKey: key.line }] });
    expect((await ask([`${sha256} 0`])).code).toBe(255);
    await end();
    await prepare({ lifetime: -5 });
    expect((await ask([`${sha256} 0`])).code).toBe(255);
    await end();
    expect((await ask([`${sha256} 0`])).code).toBe(255);
  });
});

describe('authorized_keys', () => {
  test('has one line more for the time of the run, and then is as it was', async () => {
    await prepare();
    const lines = authorizedKeys().trimEnd().split('\n');
    expect(lines.slice(0, -1).join('\n')).toBe(before);
    const directory = incoming(`relay-${run}`);
    expect(lines.at(-1)!.replace(/expiry-time="\d{14}"/, 'expiry-time="…"')).toBe(
      `restrict,from="10.9.9.9,127.0.0.1",expiry-time="…",command="sh ${directory}/hand-out \\"$SSH_ORIGINAL_COMMAND\\"" ${key.line} podstrap-relay:${run}`,
    );
    expect(await end()).toMatchObject({ code: 0 });
    expect(authorizedKeys().trimEnd()).toBe(before);
    expect(statSync(join(sshd.directory, 'authorized_keys')).mode & 0o777).toBe(0o640);
    expect(readdirSync(sshd.directory).filter((name) => name.includes('.podstrap'))).toEqual([]);
    expect(readdirSync(incoming(''))).toEqual([]);
  });

  test('that was not there goes away again', async () => {
    const script = (text: string) => `HOME="$R/home"; mkdir -p "$HOME"\n${text}`;
    const admitted = [{ addresses: ['127.0.0.1'], publicKey: key.line }];
    const post = { run, lockId: 'ours', peers: [], admitted, handsOut: [sha256], lifetime: 600 };
    await transport.exec({ script: script(preparePostScript(post)) });
    expect(statSync(at('home/.ssh/authorized_keys')).mode & 0o777).toBe(0o600);
    await end();
    expect(existsSync(at('home/.ssh'))).toBe(false);
  });

  test('keeps what somebody else wrote meanwhile, and what another run did', async () => {
    await prepare();
    const more = `${authorizedKeys()}# theirs\nssh-ed25519 AAAA podstrap-relay:another\n`;
    writeFileSync(join(sshd.directory, 'authorized_keys'), more);
    await end();
    expect(authorizedKeys()).toBe(`${before}\n# theirs\nssh-ed25519 AAAA podstrap-relay:another\n`);
    writeFileSync(join(sshd.directory, 'authorized_keys'), before);
  });

  test('is not touched where the lock is another’s', async () => {
    writeFileSync(at('var/lib/podstrap/lock'), 'theirs you@there\n');
    const admitted = [{ addresses: ['127.0.0.1'], publicKey: key.line }];
    const post = { run, lockId: 'ours', peers: [], admitted, handsOut: [sha256], lifetime: 600 };
    expect((await transport.exec({ script: preparePostScript(post) })).code).toBe(75);
    expect(authorizedKeys()).toBe(before);
    writeFileSync(at('var/lib/podstrap/lock'), 'ours me@here\n');
  });
});
