import { createPrivateKey, createPublicKey, X509Certificate } from 'node:crypto';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { chmod, copyFile } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { certificateSpec, certificatesOf } from '../../src/pki/certificate-spec.js';
import { judgeCertificate } from '../../src/pki/judge.js';
import type { Keys } from '../../src/pki/keys.js';
import { openKeystore } from '../../src/pki/store/keystore.js';
import { describeCertificate } from '../../src/pki/x509/inspect.js';
import { Secret } from '../../src/secret.js';
import { cluster, controlPlane, inDays, now, scratch, worker } from './cluster.js';

const hosts = [controlPlane(1), worker(1)];
const inventory = cluster({ hosts });

let directory: string;
beforeEach(() => {
  directory = join(scratch(), '.podstrap', 'test');
});

const open = (at = now, wanted = inventory) => openKeystore({ directory, inventory: wanted, now: at });
const file = (name: string) => join(directory, 'pki', name);
const files = () =>
  (readdirSync(directory, { recursive: true }) as string[])
    .filter((name) => statSync(join(directory, name)).isFile())
    .sort();

/** Keys with their secrets in the open, for comparing. */
const plain = (keys: Keys) =>
  JSON.parse(
    JSON.stringify(keys, function (this: Record<string, unknown>, name, value) {
      const original = this[name];
      return original instanceof Secret ? original.reveal() : value;
    }),
  );

describe('a new keystore', () => {
  it('gets everything that the cluster needs, and the next opening changes nothing', async () => {
    const { keys, made, renewed, waitingFor } = await open();
    expect({ renewed, waitingFor }).toEqual({ renewed: [], waitingFor: [] });
    expect(made).toEqual(
      [
        'ca',
        'cluster-id',
        'etcd-ca',
        'front-proxy-ca',
        'plan-key',
        'sa',
        ...certificatesOf(inventory, inventory.spec.hosts[0]!).map((name) => `cp-1/${name}`),
        'w-1/kubelet',
        'w-1/kubelet-server',
        'operator/super-admin',
        'operator/etcd',
      ].sort(),
    );
    expect(keys.clusterId).toMatch(/^[0-9a-f]{32}$/);
    const before = files();
    const again = await open(inDays(200));
    expect({ ...again, keys: plain(again.keys) }).toMatchObject({
      keys: plain(keys),
      made: [],
      renewed: [],
      waitingFor: [],
    });
    expect(files()).toEqual(before);
  });

  it('keeps a pair whose renewal was asked for until the new one is to be stored', async () => {
    await open();
    const stored = () => readFileSync(file('hosts/cp-1/apiserver.pem'), 'utf8');
    const before = stored();
    const asked = () =>
      openKeystore({
        directory,
        inventory,
        now,
        renew: (host, name) => host === 'cp-1' && name === 'apiserver',
      });
    const { keys } = await open();
    const renewed = await asked();
    expect(renewed.keys.hosts['cp-1']!['apiserver']).not.toEqual(keys.hosts['cp-1']!['apiserver']);
    expect(stored()).toBe(before);
    expect(await renewed.keepAsked()).toEqual(['cp-1/apiserver: its renewal was asked for']);
    expect((await open()).keys.hosts['cp-1']!['apiserver']).toEqual(renewed.keys.hosts['cp-1']!['apiserver']);
    expect(stored()).not.toBe(before);
  });

  it('holds pairs that satisfy the catalog', async () => {
    const { keys } = await open();
    for (const host of inventory.spec.hosts)
      for (const name of certificatesOf(inventory, host)) {
        const spec = certificateSpec(inventory, host, name);
        const { certificate, key } = keys.hosts[host.name]![name]!;
        expect(
          judgeCertificate(certificate, spec, keys.authorities[spec.authority].certificate, now),
        ).toEqual([]);
        expect(new X509Certificate(certificate).checkPrivateKey(createPrivateKey(key.reveal()))).toBe(true);
      }
    const { privateKey, publicKey } = keys.serviceAccount;
    expect(createPublicKey(privateKey.reveal()).export({ type: 'spki', format: 'pem' })).toBe(publicKey);
  });

  it('is for its owner only, except certificates of authorities', async () => {
    await open();
    for (const name of files())
      expect([name, (statSync(join(directory, name)).mode & 0o777).toString(8)]).toEqual([
        name,
        name.endsWith('ca.crt') ? '644' : '600',
      ]);
    expect(statSync(directory).mode & 0o777).toBe(0o700);
    expect(statSync(file('hosts/cp-1')).mode & 0o777).toBe(0o700);
  });

  it('is made once, however many open it at the same time', async () => {
    const opened = await Promise.all([open(), open(), open()]);
    expect(opened.map(({ made }) => made.length > 0).sort()).toEqual([false, false, true]);
    for (const { keys } of opened) expect(plain(keys)).toEqual(plain(opened[0]!.keys));
  });

  it('keeps its secrets out of print', async () => {
    const { keys } = await open();
    expect(JSON.stringify(keys)).not.toContain('PRIVATE KEY');
  });
});

describe('renewal', () => {
  it('comes in the last third of a certificate’s life, with a new key and the same authority', async () => {
    const first = await open();
    expect((await open(inDays(243))).renewed).toEqual([]);
    const { keys, made, renewed } = await open(inDays(244));
    expect(made).toEqual([]);
    expect(renewed).toHaveLength(16);
    expect(renewed).toContain('cp-1/admin: it expires on 2027-03-01 and is due for renewal');
    const { hosts: _hosts, operator: _operator, ...roots } = plain(keys);
    expect(plain(first.keys)).toMatchObject(roots);
    const keyOf = (one: Keys) => one.hosts['cp-1']!.admin!.key.reveal();
    expect(keyOf(keys)).not.toBe(keyOf(first.keys));
    expect((await open(inDays(244))).renewed).toEqual([]);
  });

  it('comes when the inventory asks for other names, for those certificates only', async () => {
    await open();
    const { renewed } = await open(now, cluster({ hosts, apiServer: { certSANs: ['api.test'] } }));
    expect(renewed).toEqual(['cp-1/apiserver: it does not name api.test']);
    expect((await open()).renewed).toEqual([]);
  });

  it('comes when the inventory asks for another kind of key, but not for authorities', async () => {
    const first = await open();
    const { keys, renewed } = await open(now, cluster({ hosts, encryptionAlgorithm: 'ECDSA-P384' }));
    expect(renewed).toHaveLength(16);
    expect(plain(keys).authorities).toEqual(plain(first.keys).authorities);
    expect(describeCertificate(keys.operator.etcd.certificate).algorithm).toBe('ECDSA-P384');
  });

  it('does not come when the inventory leaves the kind of keys open, and all of them are RSA keys', async () => {
    const rsa = cluster({ hosts, encryptionAlgorithm: 'RSA-2048' });
    const first = await open(now, rsa);
    const { keys, made, renewed } = await open(now, cluster({ hosts, encryptionAlgorithm: undefined }));
    expect({ made, renewed }).toEqual({ made: [], renewed: [] });
    expect(plain(keys)).toEqual(plain(first.keys));
  });

  it('comes when the authority was replaced', async () => {
    await open();
    for (const name of ['etcd/ca.crt', 'etcd/ca.key']) rmSync(file(name));
    const { made, renewed } = await open();
    expect(made).toEqual(['etcd-ca']);
    expect(renewed.map((line) => line.split(':')[0])).toEqual([
      'cp-1/apiserver-etcd-client',
      'cp-1/etcd-healthcheck-client',
      'cp-1/etcd-peer',
      'cp-1/etcd-server',
      'operator/etcd',
    ]);
  });

  it('adds what a new host needs and leaves the rest', async () => {
    await open();
    const { made, renewed } = await open(now, cluster({ hosts: [controlPlane(1), worker(1), worker(2)] }));
    expect({ made, renewed }).toEqual({ made: ['w-2/kubelet', 'w-2/kubelet-server'], renewed: [] });
  });

  it('does not go in circles at the end of an authority’s life', async () => {
    const short = cluster({ caCertificateValidityPeriod: '2400h', hosts: [worker(1)] });
    await open(now, short);
    expect((await open(inDays(99), short)).renewed).toEqual([]);
    await expect(open(inDays(101), short)).rejects.toMatchObject({
      kind: 'keystore',
      said: expect.stringMatching(/^it expired on Jun/),
    });
  });
});

describe('an authority’s certificate that is lost', () => {
  it('is made again for the same key, so that its certificates stay', async () => {
    const first = await open();
    rmSync(file('ca.crt'));
    const { keys, made, renewed } = await open();
    expect({ made, renewed }).toEqual({ made: ['ca'], renewed: [] });
    expect(plain(keys).authorities.ca.key).toBe(plain(first.keys).authorities.ca.key);
    expect(plain(keys).hosts).toEqual(plain(first.keys).hosts);
  });
});

describe('what is damaged is refused, never replaced', () => {
  const pem = (label: string) => `-----BEGIN ${label}-----\nAAAA\n-----END ${label}-----\n`;
  const cases: [title: string, name: string, damage: (text: string) => string, said: RegExp, next: RegExp][] =
    [
      ['an authority’s certificate', 'ca.crt', () => pem('CERTIFICATE'), /holds no certificate/, /backup/],
      ['an empty one', 'ca.crt', () => '', /holds no certificate/, /backup/],
      [
        'an authority’s key',
        'etcd/ca.key',
        () => pem('EC PRIVATE KEY'),
        /etcd\/ca\.key is damaged/,
        /backup/,
      ],
      ['a certificate', 'hosts/cp-1/apiserver.pem', (text) => text.slice(0, -60), /should hold/, /^.* rm /],
      [
        'a certificate’s middle',
        'hosts/cp-1/apiserver.pem',
        (text) => text.replace(/(BEGIN CERT\S+\n)\S+\n/, '$1'),
        /its certificate is damaged/,
        /apiserver\.pem$/,
      ],
      [
        'a key',
        'operator/etcd.pem',
        (text) => text.replace(/(BEGIN EC PRIVATE KEY-----\n)\S+\n/, '$1'),
        /its key is damaged/,
        /etcd\.pem$/,
      ],
      ['the key of service accounts', 'sa.key', () => 'x', /no private key/, /sa\.key/],
      ['the key of plans', 'plan.key', () => 'x', /64 hexadecimal digits/, /rm .*plan\.key/],
      ['the identity', 'cluster-id', () => 'prod\n', /32 hexadecimal digits/, /cluster\.json/],
    ];

  test.each(cases)('%s', async (_title, name, damage, said, next) => {
    await open();
    const damaged = damage(readFileSync(file(name), 'utf8'));
    writeFileSync(file(name), damaged);
    await expect(open()).rejects.toMatchObject({
      kind: 'keystore',
      doing: expect.stringContaining(
        file(name).replace(/\.key$/, ['sa.key', 'plan.key'].includes(name) ? '.key' : '.crt'),
      ),
      said: expect.stringMatching(said),
      next: expect.stringMatching(next),
    });
    expect(readFileSync(file(name), 'utf8')).toBe(damaged);
  });

  it('a pair of strangers', async () => {
    await open();
    const other = readFileSync(file('hosts/w-1/kubelet.pem'), 'utf8').split('-----BEGIN CERT')[0]!;
    const own = readFileSync(file('hosts/cp-1/kubelet.pem'), 'utf8');
    writeFileSync(
      file('hosts/cp-1/kubelet.pem'),
      `${other}-----BEGIN CERT${own.split('-----BEGIN CERT')[1]}`,
    );
    await expect(open()).rejects.toMatchObject({ said: 'its key is not the one of its certificate' });
  });

  it('an authority with the key of another', async () => {
    await open();
    await copyFile(file('ca.key'), file('etcd/ca.key'));
    await expect(open()).rejects.toMatchObject({
      said: expect.stringMatching(/belongs to another certificate/),
    });
  });

  it('an authority that may not sign', async () => {
    await open();
    const leaf = readFileSync(file('hosts/cp-1/kubelet.pem'), 'utf8').replace(/^[\s\S]*KEY-----\n/, '');
    writeFileSync(file('ca.crt'), leaf);
    await expect(open()).rejects.toMatchObject({ said: expect.stringMatching(/may not sign others/) });
  });

  it('a clock that runs before the authority was made', async () => {
    await open();
    await expect(open(inDays(-1))).rejects.toMatchObject({
      said: expect.stringContaining('clock says 2026-02-28T12:00:00.000Z'),
      next: expect.stringContaining('Set the clock'),
    });
  });
});

describe('keys that others may use are refused, with the command that helps', () => {
  test.each(['ca.key', 'sa.key', 'hosts/cp-1/apiserver.pem', 'operator/super-admin.pem'])(
    '%s',
    async (name) => {
      await open();
      await chmod(file(name), 0o640);
      await expect(open()).rejects.toMatchObject({
        kind: 'keystore',
        said: expect.stringContaining('its mode is 0640'),
        next: `chmod 600 ${file(name)}`,
      });
      await chmod(file(name), 0o600);
      expect((await open()).made).toEqual([]);
    },
  );
});

describe('a lock', () => {
  const lock = () => file('.lock');

  it('is gone afterwards, and is not needed to read', async () => {
    await open();
    expect(existsSync(lock())).toBe(false);
    symlinkSync(JSON.stringify({ pid: 1, host: 'elsewhere', started: '' }), lock());
    expect((await open()).made).toEqual([]);
  });

  test.each([
    ['of a process that is gone', { pid: 2 ** 22 + 1, started: '' }],
    ['of a process whose number another one got', { pid: process.pid, started: 'long ago' }],
  ])('%s is taken over', async (_title, holder) => {
    mkdirSync(file(''), { recursive: true, mode: 0o700 });
    symlinkSync(JSON.stringify({ ...holder, host: hostname() }), lock());
    expect((await open()).made).toContain('ca');
  });
});
