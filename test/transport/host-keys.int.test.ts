import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Host } from '../../src/inventory/inventory.js';
import type { ConnectOptions, YesNo } from '../../src/transport/connect-options.js';
import { connections } from '../../src/transport/connections.js';
import { fingerprint } from '../../src/transport/ssh/known-hosts.js';
import { failureOf } from './contract.js';
import { hostNamed, inventoryOf, optionsOf } from './inventory.js';
import { makeKey, type Sshd, startSshd } from './sshd.js';
import { temporaryDirectory } from './temporary.js';

let sshd: Sshd;
/** Which client the case is about. */
let client: 'built-in' | 'openssh';
beforeAll(async () => {
  sshd = await startSshd({ hostKeyTypes: ['ed25519', 'ecdsa', 'rsa'] });
});
afterAll(() => sshd.stop());

interface Case extends Partial<ConnectOptions> {
  readonly hostKey?: string;
  /** The user's own ~/.ssh/known_hosts. */
  readonly known?: string;
  /** The cluster's. */
  readonly clusterKnown?: string;
}

const name = () => `[127.0.0.1]:${sshd.port}`;
const [ed25519, ecdsa, rsa] = [0, 1, 2].map((index) => () => sshd.hostKeys[index]!);
const foreignKey = (type = 'ed25519'): string => {
  const key = makeKey(join(temporaryDirectory(), 'key'), type);
  return readFileSync(`${key}.pub`, 'utf8').split(' ').slice(0, 2).join(' ');
};
const printOf = (key: string): string => fingerprint(key.split(' ')[1]!);

/** Connects two hosts that are the same server; gives what the cluster's file holds afterwards. */
async function meet({ hostKey, known, clusterKnown, ...options }: Case): Promise<string> {
  const filled = optionsOf(options);
  mkdirSync(join(filled.home, '.ssh'));
  mkdirSync(dirname(filled.knownHostsFile));
  if (known !== undefined) writeFileSync(join(filled.home, '.ssh/known_hosts'), known);
  if (clusterKnown !== undefined) writeFileSync(filled.knownHostsFile, clusterKnown);
  // Where the user's own files are, OpenSSH knows from the system, whatever the home.
  const configFile = join(filled.home, 'config');
  writeFileSync(configFile, `UserKnownHostsFile ${join(filled.home, '.ssh/known_hosts')}\n`);
  const ssh = { client, configFile, port: sshd.port, user: sshd.user, identityFile: sshd.identityFile };
  const fields: Partial<Host> = { ssh, ...(hostKey === undefined ? {} : { hostKey }) };
  const hosts = [hostNamed('cp-1', fields), hostNamed('cp-2', fields)];
  const results = [...(await connections(inventoryOf(hosts), filled).connectAll(hosts)).values()];
  for (const result of results) if (!(result instanceof Error)) await result.close();
  for (const result of results) if (result instanceof Error) throw result;
  try {
    expect(statSync(filled.knownHostsFile).mode & 0o777).toBe(clusterKnown === undefined ? 0o600 : 0o644);
    return readFileSync(filled.knownHostsFile, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

const asking = (answer: boolean) => {
  const asked: string[] = [];
  const confirm = async ({ about, question }: YesNo) => {
    asked.push([...about, question].join('\n'));
    return answer;
  };
  return { asked, prompts: { confirm, secret: () => expect.fail('no secret is needed') } };
};

describe.each(['built-in', 'openssh'] as const)('by the client %s', (one) => {
  beforeAll(() => {
    client = one;
  });

  test('a key of the user’s known_hosts is trusted, whatever its type', async () => {
    for (const key of [ed25519!, ecdsa!, rsa!])
      expect(await meet({ known: `${name()} ${key()}\n` })).toBe('');
  });

  test('a hashed name is recognised', async () => {
    const file = join(temporaryDirectory(), 'known_hosts');
    writeFileSync(file, `${name()} ${ecdsa!()}\n`);
    execFileSync('ssh-keygen', ['-q', '-H', '-f', file], { stdio: 'ignore' });
    const known = readFileSync(file, 'utf8');
    expect(known).toMatch(/^\|1\|/);
    expect(await meet({ known })).toBe('');
  });

  test('an unknown key is refused where nobody can be asked, with its fingerprint and what to type', async () => {
    const failure = await failureOf(meet({}));
    expect(failure.kind).toBe('host-key');
    expect(failure.said).toContain(printOf(ed25519!()));
    expect(failure.next).toContain('--accept-new-host-keys');
    expect(failure.next).toContain(`ssh-keyscan -t ed25519 -p ${sshd.port} 127.0.0.1 >>`);
  });

  test('an unknown key is asked about once, and kept in the cluster’s file', async () => {
    const { asked, prompts } = asking(true);
    expect(await meet({ prompts })).toBe(`${name()} ${ed25519!()}\n`);
    expect(asked).toHaveLength(1);
    expect(asked[0]).toContain(printOf(ed25519!()));
  });

  test('a no is a refusal', async () => {
    const { prompts } = asking(false);
    expect((await failureOf(meet({ prompts }))).kind).toBe('host-key');
  });

  test('a new key is taken without asking when that is wanted, on a line of its own', async () => {
    const other = `other.example ${foreignKey()}`;
    const kept = await meet({ acceptNewHostKeys: true, clusterKnown: other });
    expect(kept).toBe(`${other}\n${name()} ${ed25519!()}\n`);
  });

  test('a changed key is refused even then, with both fingerprints and the place of the old one', async () => {
    const old = foreignKey();
    const { asked, prompts } = asking(true);
    const work = meet({ acceptNewHostKeys: true, prompts, known: `# mine\n${name()} ${old}\n` });
    const failure = await failureOf(work);
    expect(failure.kind).toBe('host-key');
    expect(failure.said).toContain(printOf(ed25519!()));
    expect(failure.said).toMatch(
      new RegExp(`${printOf(old).replace(/[+]/g, '\\+')} \\(/.*/known_hosts:2\\)`),
    );
    expect(failure.next).toContain(`ssh-keygen -R '${name()}'`);
    expect(asked).toEqual([]);
  });

  test('a key of another type than the known one counts as changed', async () => {
    const only = await startSshd({ hostKeyTypes: ['ecdsa'] });
    const here = sshd;
    sshd = only;
    const work = meet({ acceptNewHostKeys: true, known: `${name()} ${foreignKey('ed25519')}\n` });
    expect((await failureOf(work)).kind).toBe('host-key');
    sshd = here;
    await only.stop();
  });

  test('a revoked key is refused, even where another line trusts it', async () => {
    const known = `${name()} ${ed25519!()}\n@revoked * ${ed25519!()}\n`;
    const failure = await failureOf(meet({ known }));
    expect(failure.kind).toBe('host-key');
    expect(failure.said).toContain('revoked');
  });

  test('a pinned key is enough by itself, whole or as a fingerprint of any of its types', async () => {
    for (const key of [ed25519!, ecdsa!, rsa!]) {
      expect(await meet({ hostKey: key() })).toBe('');
      expect(await meet({ hostKey: printOf(key()) })).toBe('');
    }
  });

  test('a pinned fingerprint is looked for among all keys of the server before it is called an attack', async () => {
    const hostKey = printOf(foreignKey('rsa'));
    const failure = await failureOf(meet({ hostKey }));
    expect(failure.kind).toBe('host-key');
    expect(failure.said).toContain(hostKey);
    expect(failure.said).toContain(printOf(ed25519!()));
  });

  test('a pinned fingerprint is looked for where the server has one key only, too', async () => {
    const only = await startSshd({ hostKeyTypes: ['ecdsa'] });
    const here = sshd;
    sshd = only;
    const failure = await failureOf(meet({ hostKey: printOf(foreignKey('rsa')) }));
    sshd = here;
    await only.stop();
    expect(failure.kind).toBe('host-key');
    expect(failure.said).toContain(printOf(only.hostKeys[0]!));
  });

  test('another key than the pinned one is refused, also when known_hosts has it', async () => {
    const hostKey = foreignKey();
    const failure = await failureOf(meet({ hostKey, known: `${name()} ${ed25519!()}\n` }));
    expect(failure.kind).toBe('host-key');
    expect(failure.said).toContain(printOf(hostKey));
    expect(failure.said).toContain(printOf(ed25519!()));
  });
});
