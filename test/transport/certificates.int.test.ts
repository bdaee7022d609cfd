import { appendFileSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Host } from '../../src/inventory/inventory.js';
import { connect } from '../../src/transport/connect.js';
import type { ConnectOptions } from '../../src/transport/connect-options.js';
import { fingerprint } from '../../src/transport/ssh/known-hosts.js';
import { type Authority, makeAuthority, type SignOptions } from './authority.js';
import { failureOf } from './contract.js';
import { hostNamed, inventoryOf, optionsOf } from './inventory.js';
import { startSecurityKeyAgent } from './security-key-agent.js';
import { makeKey, type Sshd, startSshd } from './sshd.js';
import { temporaryDirectory } from './temporary.js';

const directory = temporaryDirectory();
let authority: Authority;
/** Shows a certificate beside its keys, and lets in whom the authority vouches for. */
let sshd: Sshd;
let hostCertificate: string;
beforeAll(async () => {
  authority = makeAuthority(directory);
  hostCertificate = join(directory, 'host-cert.pub');
  sshd = await startSshd({
    settings: [`TrustedUserCAKeys ${authority.publicFile}`, `HostCertificate ${hostCertificate}`],
    hostKeyTypes: ['ed25519'],
  });
});
afterAll(() => sshd.stop());

interface Case {
  readonly client?: 'built-in' | 'openssh';
  readonly identityFile?: string;
  readonly known?: string;
  readonly host?: Partial<Host>;
  readonly options?: Partial<ConnectOptions>;
  readonly at?: Sshd;
}

/** What a host says that could be logged in to, and by which key it was known. */
async function logIn({ client = 'openssh', identityFile, known, host, options, at = sshd }: Case) {
  const home = temporaryDirectory();
  const config = join(home, 'config');
  writeFileSync(join(home, 'known'), known ?? '');
  writeFileSync(config, `UserKnownHostsFile ${join(home, 'known')}\nGlobalKnownHostsFile none\n`);
  const target = hostNamed('cp-1', {
    ...host,
    ssh: {
      client,
      configFile: config,
      port: at.port,
      user: at.user,
      identityFile: identityFile ?? at.identityFile,
      identitiesOnly: true,
      become: 'none',
      ...host?.ssh,
    },
  });
  const transport = await connect(target, inventoryOf([target]), optionsOf({ home, ...options }));
  try {
    expect((await transport.exec({ script: 'echo in' })).stdout).toBe('in\n');
    return transport.server;
  } finally {
    await transport.close();
  }
}

const name = () => `[127.0.0.1]:${sshd.port}`;
const trusted = () => `${name()} ${sshd.hostKeys[0]}\n`;

describe('a user’s certificate', () => {
  const keyWith = (options: SignOptions): string => {
    const key = makeKey(join(temporaryDirectory(), 'id'));
    authority.sign(key, options);
    return key;
  };

  test('lets its holder in', async () => {
    const identityFile = keyWith({ principals: [sshd.user] });
    expect(await logIn({ identityFile, known: trusted() })).toMatchObject({ user: sshd.user });
  });

  test('that has expired is refused, with the date', async () => {
    const identityFile = keyWith({ principals: [sshd.user], validity: '20200101:20200102' });
    const failure = await failureOf(logIn({ identityFile, known: trusted() }));
    expect(failure.kind).toBe('authentication');
    expect(failure.said).toMatch(
      new RegExp(`the certificate ${identityFile}-cert.pub is refused: it expired on 20(19|20)-`),
    );
  });

  test('that is not valid yet, or is for somebody else, is refused with the reason', async () => {
    const early = keyWith({ principals: [sshd.user], validity: '20990101:20990102' });
    expect((await failureOf(logIn({ identityFile: early, known: trusted() }))).said).toContain(
      'it is not valid before 20',
    );
    const other = keyWith({ principals: ['alice', 'bob'] });
    const failure = await failureOf(logIn({ identityFile: other, known: trusted() }));
    expect(failure.kind).toBe('authentication');
    expect(failure.said).toContain(`it is for alice, bob, and not for ${sshd.user}`);
  });

  test('is named where podstrap’s own client cannot offer it', async () => {
    const identityFile = keyWith({ principals: [sshd.user] });
    const failure = await failureOf(logIn({ client: 'built-in', identityFile, known: trusted() }));
    expect(failure.kind).toBe('authentication');
    expect(failure.said).toContain(`${identityFile}-cert.pub (certificates want \`ssh.client: openssh\`)`);
  });
});

describe('a host’s certificate', () => {
  const signed = (options: Partial<SignOptions> = {}): void => {
    const key = join(sshd.directory, 'host_ed25519');
    const file = authority.sign(key, { host: true, principals: ['127.0.0.1'], ...options });
    writeFileSync(hostCertificate, readFileSync(file));
  };
  const vouched = () => `@cert-authority * ${authority.publicKey}\n`;

  test('is trusted by its authority, and the host is known by its key from then on', async () => {
    signed();
    const server = await logIn({ known: vouched() });
    expect(server?.hostKey).toBe(sshd.hostKeys[0]);
  });

  test('that has expired, or is for another host, is refused with the reason', async () => {
    signed({ validity: '20200101:20200102' });
    const expired = await failureOf(logIn({ known: vouched() }));
    expect(expired.kind).toBe('host-key');
    expect(expired.said).toMatch(/its certificate "test certificate" is not valid: it expired on 20/);
    signed({ principals: ['*.example.com'] });
    const elsewhere = await failureOf(logIn({ known: vouched() }));
    expect(elsewhere.kind).toBe('host-key');
    expect(elsewhere.said).toContain('it is for *.example.com, and not for 127.0.0.1');
  });

  test('of an authority that nobody trusts is as none', async () => {
    signed();
    const other = makeAuthority(temporaryDirectory());
    const failure = await failureOf(logIn({ known: `@cert-authority * ${other.publicKey}\n` }));
    expect(failure.kind).toBe('host-key');
    expect(failure.said).toContain('it shows no certificate of the authority that');
    expect(await logIn({ known: trusted() })).toBeDefined();
  });

  test('does not outweigh a pin or a revoked key', async () => {
    signed();
    expect(await logIn({ known: vouched(), host: { hostKey: sshd.hostKeys[0]! } })).toBeDefined();
    expect(await logIn({ host: { hostKey: fingerprint(sshd.hostKeys[0]!.split(' ')[1]!) } })).toBeDefined();
    const other = makeAuthority(temporaryDirectory()).publicKey;
    const pinned = await failureOf(logIn({ known: vouched(), host: { hostKey: other } }));
    expect(pinned.kind).toBe('host-key');
    const revoked = `${vouched()}@revoked * ${sshd.hostKeys[0]}\n`;
    expect((await failureOf(logIn({ known: revoked }))).said).toContain('revoked');
  });

  test('is named where podstrap’s own client cannot check it', async () => {
    signed();
    const failure = await failureOf(logIn({ client: 'built-in', known: vouched() }));
    expect(failure.kind).toBe('host-key');
    expect(failure.said).toContain('known:1 trusts an authority for it (@cert-authority)');
    expect(failure.next).toContain('ssh.client: openssh');
  });
});

describe('a security key', () => {
  test('in an agent lets its holder in, and is named where podstrap’s own client cannot use it', async () => {
    const agent = await startSecurityKeyAgent(temporaryDirectory());
    appendFileSync(join(sshd.directory, 'authorized_keys'), `${agent.publicKey}\n`);
    const env = { ...optionsOf().env, SSH_AUTH_SOCK: agent.socket };
    const other = makeKey(join(temporaryDirectory(), 'other'));
    const wanted = {
      identityFile: other,
      known: trusted(),
      host: { ssh: { identitiesOnly: false } },
      options: { env },
    } as const;
    expect(await logIn(wanted)).toBeDefined();
    const failure = await failureOf(logIn({ ...wanted, client: 'built-in' }));
    expect(failure.said).toContain('a token (agent: security keys want `ssh.client: openssh`)');
    await agent.stop();
  });
});

test('a server that wants post-quantum key exchange is reached by OpenSSH, and named by podstrap’s own client', async () => {
  const strict = await startSshd({ settings: ['KexAlgorithms sntrup761x25519-sha512@openssh.com'] });
  const options = { acceptNewHostKeys: true };
  expect(await logIn({ at: strict, options })).toBeDefined();
  const failure = await failureOf(logIn({ at: strict, options, client: 'built-in' }));
  expect(failure.kind).toBe('unreachable');
  expect(failure.next).toContain('ssh.client: openssh');
  await strict.stop();
});
