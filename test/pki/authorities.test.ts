import { createPrivateKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { chmod, copyFile, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeEach, describe, expect, it, test } from 'vitest';
import { openKeystore } from '../../src/pki/store/keystore.js';
import { describeCertificate } from '../../src/pki/x509/inspect.js';
import { cluster, controlPlane, inDays, now, scratch } from './cluster.js';
import { foreignAuthority, requests, signAll } from './signed-by-hand.js';

let home: string;
let directory: string;
beforeEach(() => {
  home = scratch();
  directory = join(home, '.podstrap', 'test');
});

const authorities = ['ca', 'front-proxy-ca', 'etcd-ca'] as const;

/** Authorities of the user beside the inventory, and the inventory that names them. */
async function own({ keys, days }: { keys: boolean; days?: number }) {
  const made = await Promise.all(
    authorities.map((name) => foreignAuthority(join(home, 'own'), name, now, days)),
  );
  const inventory = cluster(
    {
      certificateAuthorities: Object.fromEntries(
        authorities.map((name) => [
          name,
          { certificate: `own/${name}.crt`, ...(keys ? { key: `own/${name}.key` } : {}) },
        ]),
      ),
    },
    home,
  );
  const [ca, frontProxy, etcd] = made.map(({ signer }) => signer);
  return { inventory, signers: { ca: ca!, 'front-proxy-ca': frontProxy!, 'etcd-ca': etcd! }, made };
}

describe('authorities of the user, with their keys', () => {
  it('sign everything, and stay where they are', async () => {
    const { inventory, made } = await own({ keys: true });
    const { keys } = await openKeystore({ directory, inventory, now });
    expect(authorities.map((name) => keys.authorities[name].certificate)).toEqual(
      made.map(({ certificate }) => certificate),
    );
    expect(describeCertificate(keys.hosts['cp-1']!.apiserver!.certificate).issuer).toBe('foreign ca');
    expect(describeCertificate(keys.operator.etcd.certificate).issuer).toBe('foreign etcd-ca');
    expect(readdirSync(join(directory, 'pki')).sort()).toEqual([
      'cluster-id',
      'hosts',
      'operator',
      'plan.key',
      'sa.key',
    ]);
    expect((await openKeystore({ directory, inventory, now })).made).toEqual([]);
  });

  it('may be followed by what signed them', async () => {
    const { inventory } = await own({ keys: true });
    const root = await foreignAuthority(join(home, 'root'), 'root', now);
    const file = join(home, 'own', 'ca.crt');
    writeFileSync(file, readFileSync(file, 'utf8') + root.certificate);
    const { keys } = await openKeystore({ directory, inventory, now });
    expect(keys.authorities.ca.certificate).toBe(readFileSync(file, 'utf8'));
    expect((await openKeystore({ directory, inventory, now })).made).toEqual([]);
  });

  it('are refused when others may use their keys', async () => {
    const { inventory } = await own({ keys: true });
    await chmod(join(home, 'own', 'ca.key'), 0o644);
    await expect(openKeystore({ directory, inventory, now })).rejects.toMatchObject({
      kind: 'keystore',
      next: `chmod 600 ${join(home, 'own', 'ca.key')}`,
    });
  });

  it('are refused when a file is missing, before anything is made', async () => {
    const { inventory } = await own({ keys: true });
    rmSync(join(home, 'own', 'etcd-ca.key'));
    await expect(openKeystore({ directory, inventory, now })).rejects.toMatchObject({
      said: `its key ${join(home, 'own', 'etcd-ca.key')} is not there`,
      next: expect.stringContaining('spec.certificateAuthorities.etcd-ca'),
    });
    expect(existsSync(join(directory, 'pki', 'ca.key'))).toBe(false);
  });

  test.each([
    ['PKCS#8', 'pkcs8'],
    ['SEC1', 'sec1'],
  ] as const)('are refused when a key has a passphrase: %s', async (_title, type) => {
    const { inventory } = await own({ keys: true });
    const file = join(home, 'own', 'ca.key');
    const locked = createPrivateKey(readFileSync(file, 'utf8')).export({
      type,
      format: 'pem',
      cipher: 'aes-256-cbc',
      passphrase: 'secret',
    });
    writeFileSync(file, locked);
    await expect(openKeystore({ directory, inventory, now })).rejects.toMatchObject({
      said: `its key ${file} has a passphrase`,
      next: expect.stringContaining('openssl pkey'),
    });
  });
});

describe('authorities whose keys are elsewhere', () => {
  const csr = () => join(directory, 'csr');

  it('get requests, and the run goes on when the certificates lie beside them', async () => {
    const { inventory, signers } = await own({ keys: false });
    const failure = await openKeystore({ directory, inventory, now }).catch((error) => error);
    expect(failure).toMatchObject({
      kind: 'keystore',
      said: expect.stringMatching(/^14 have to be signed elsewhere:\n/),
      next: expect.stringContaining('the ending .crt'),
    });
    expect(failure.said).toContain(
      `${csr()}/cp-1/etcd-peer.csr: by etcd-ca, for serverAuth and clientAuth, names cp-1, localhost, 10.0.0.11, 127.0.0.1, ::1`,
    );
    expect(failure.said).toContain(`${csr()}/_operator/super-admin.csr: by ca, for clientAuth`);
    expect(requests(csr())).toHaveLength(14);

    await signAll(csr(), inventory, signers, now);
    const { keys, made } = await openKeystore({ directory, inventory, now });
    expect(made).toContain('cp-1/apiserver');
    expect(describeCertificate(keys.hosts['cp-1']!.apiserver!.certificate).issuer).toBe('foreign ca');
    expect(keys.authorities.ca.key).toBeUndefined();
    // Neither requests nor second copies of keys stay behind.
    expect(requests(csr())).toEqual([]);
    expect(existsSync(join(csr(), 'cp-1', 'apiserver.key'))).toBe(false);
    expect((await openKeystore({ directory, inventory, now })).made).toEqual([]);
  });

  it('keep requests and keys that wait, and ask for what is wanted by now', async () => {
    const { inventory } = await own({ keys: false });
    const text = (name: string) => readFileSync(join(csr(), 'cp-1', name), 'utf8');
    await expect(openKeystore({ directory, inventory, now })).rejects.toThrow();
    const names = ['apiserver.key', 'apiserver.csr', 'admin.csr'];
    const before = names.map(text);
    await expect(openKeystore({ directory, inventory, now })).rejects.toThrow();
    expect(names.map(text)).toEqual(before);

    const more = {
      ...inventory,
      spec: { ...inventory.spec, apiServer: { ...inventory.spec.apiServer, certSANs: ['x'] } },
    };
    await expect(openKeystore({ directory, inventory: more, now })).rejects.toThrow();
    expect(names.map(text).map((one, index) => one === before[index])).toEqual([true, false, true]);

    const other = { ...inventory, spec: { ...inventory.spec, encryptionAlgorithm: 'ECDSA-P384' as const } };
    await expect(openKeystore({ directory, inventory: other, now })).rejects.toThrow();
    expect(names.map(text).map((one, index) => one === before[index])).toEqual([false, false, false]);
  });

  it('say what is wrong with a certificate that will not do', async () => {
    const { inventory, signers } = await own({ keys: false });
    await openKeystore({ directory, inventory, now }).catch(() => {});
    await signAll(csr(), inventory, signers, now, ({ name }) =>
      name === 'apiserver' ? { dnsNames: ['cp-1'] } : name === 'kubelet' ? { commonName: 'cp-1' } : {},
    );
    await rename(join(csr(), 'cp-1', 'admin.crt'), join(csr(), 'cp-1', 'x.crt'));
    await copyFile(join(csr(), 'cp-1', 'scheduler.crt'), join(csr(), 'cp-1', 'controller-manager.crt'));
    const { said } = await openKeystore({ directory, inventory, now }).catch((error) => error);
    expect(said).toMatch(/^4 have to be signed elsewhere/);
    expect(said).toContain('the .crt beside it will not do: it does not name kubernetes, kubernetes.default');
    expect(said).toContain('it is for cp-1, system:nodes, wanted system:node:cp-1, system:nodes');
    expect(said).toMatch(/system:kube-controller-manager; it is for another key than its request/);
    expect(said).not.toContain('PRIVATE KEY');
  });

  it('give warning while the present certificates still do, and refuse when they no longer do', async () => {
    const { inventory, signers } = await own({ keys: false });
    await openKeystore({ directory, inventory, now }).catch(() => {});
    await signAll(csr(), inventory, signers, now);
    const first = await openKeystore({ directory, inventory, now });
    expect(first.waitingFor).toEqual([]);

    const due = await openKeystore({ directory, inventory, now: inDays(300) });
    expect(due.renewed).toEqual([]);
    expect(due.waitingFor).toHaveLength(14);
    expect(due.waitingFor).toContain(join(csr(), 'cp-1', 'apiserver.csr'));
    expect(due.keys.hosts['cp-1']!.admin!.certificate).toBe(first.keys.hosts['cp-1']!.admin!.certificate);
    await expect(openKeystore({ directory, inventory, now: inDays(366) })).rejects.toMatchObject({
      said: expect.stringMatching(/^14 have to be signed elsewhere/),
    });

    await signAll(csr(), inventory, signers, inDays(300));
    const renewed = await openKeystore({ directory, inventory, now: inDays(300) });
    expect(renewed.renewed).toHaveLength(14);
    expect(renewed.waitingFor).toEqual([]);
  });

  it('do not take the same certificate twice after a kill', async () => {
    const { inventory, signers } = await own({ keys: false });
    await openKeystore({ directory, inventory, now }).catch(() => {});
    await signAll(csr(), inventory, signers, now);
    const kept = ['key', 'crt'].map(
      (ending) =>
        [
          join(csr(), 'cp-1', `admin.${ending}`),
          readFileSync(join(csr(), 'cp-1', `admin.${ending}`)),
        ] as const,
    );
    await openKeystore({ directory, inventory, now });
    for (const [file, text] of kept) writeFileSync(file, text, { mode: 0o600 });
    const { waitingFor, renewed } = await openKeystore({ directory, inventory, now: inDays(300) });
    expect(renewed).toEqual([]);
    expect(waitingFor).toContain(join(csr(), 'cp-1', 'admin.csr'));
    expect(existsSync(join(csr(), 'cp-1', 'admin.crt'))).toBe(false);
  });

  it('can be one whose key was taken out of the keystore', async () => {
    const inventory = cluster({ hosts: [controlPlane(1)] });
    const first = await openKeystore({ directory, inventory, now });
    rmSync(join(directory, 'pki', 'etcd', 'ca.key'));
    const { keys, made } = await openKeystore({ directory, inventory, now });
    expect(made).toEqual([]);
    expect(keys.authorities['etcd-ca']).toEqual({
      certificate: first.keys.authorities['etcd-ca'].certificate,
    });
    const two = cluster({ hosts: [controlPlane(1), controlPlane(2)] });
    await expect(openKeystore({ directory, inventory: two, now })).rejects.toMatchObject({
      said: expect.stringMatching(/^4 have to be signed elsewhere/),
    });
    expect(existsSync(join(directory, 'pki/hosts/cp-2/apiserver.pem'))).toBe(true);
  });
});
