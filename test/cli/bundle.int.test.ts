import { execFile, execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import {
  inventoryMirrors,
  practiceContent,
  startUpstream,
  together,
} from '../../src/practice/upstream/upstream.js';
import { inventoryWith, scratch } from '../bundle/world.js';

const bin = fileURLToPath(new URL('../../dist/cli/bin.js', import.meta.url));

/** podstrap in a folder of its own, with an inventory whose artifacts an upstream on this machine serves. */
async function desk() {
  const directory = await scratch();
  const upstream = await startUpstream(await practiceContent(inventoryWith({}), { padding: 3000 }));
  onTestFinished(() => upstream.close());
  const inventory = {
    apiVersion: 'podstrap.io/v1alpha1',
    kind: 'Cluster',
    metadata: { name: 'prod' },
    spec: {
      kubernetesVersion: 'v1.36.3',
      hosts: [{ name: 'cp-1', address: '10.0.0.1', roles: ['control-plane'] }],
      artifacts: { ...inventoryMirrors(upstream.url), cacheDirectory: 'cache' },
    },
  };
  await writeFile(join(directory, 'cluster.yaml'), JSON.stringify(inventory));
  const podstrap = (words: string, more: Readonly<Record<string, string>> = {}) =>
    promisify(execFile)(process.execPath, [bin, ...words.split(' ')], {
      cwd: directory,
      env: { PATH: process.env['PATH'], HOME: directory, NO_PROXY: '*', ...more },
    }).then(
      ({ stdout, stderr }) => ({ code: 0, stdout, stderr }),
      ({ code, stdout, stderr }) => ({ code, stdout, stderr }),
    );
  return { directory, podstrap };
}

test('podstrap itself goes beside the bundle, when it is what the sums of its release say', async () => {
  const { directory, podstrap } = await desk();
  const name = 'podstrap-linux-arm64';
  const release = join(directory, 'release');
  await mkdir(release);
  await writeFile(join(release, name), 'the program');
  const sum = createHash('sha256').update('the program').digest('hex');
  await writeFile(join(release, 'SHA256SUMS'), `${sum}  ${name}\n${sum}  podstrap.mjs\n`);
  await mkdir(join(directory, 'stick'));
  const create = 'bundle create --arch amd64 --out stick/prod.tar --with-podstrap';
  expect(await podstrap(`${create} release`)).toMatchObject({
    code: 0,
    stdout: expect.stringContaining(name),
  });
  expect((await stat(join(directory, 'stick', name))).mode & 0o777).toBe(0o755);
  execFileSync('sha256sum', ['--check', '--strict', 'podstrap.SHA256SUMS'], {
    cwd: join(directory, 'stick'),
  });
  await writeFile(join(release, name), 'another program');
  expect(await podstrap(`${create} release`)).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('SHA256SUMS says'),
  });
  // This one runs in the Node.js of this machine.
  expect(await podstrap(create)).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('--with-podstrap DIR'),
  });
});

test('from the inventory to a signed bundle, checked and listed', async () => {
  const { directory, podstrap } = await desk();
  const openssl = (...words: readonly string[]) =>
    execFileSync('openssl', words, { cwd: directory, stdio: 'pipe' });
  openssl(
    ...'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -aes256 -pass pass:sesame -out bundle.key'.split(
      ' ',
    ),
  );
  openssl(...'pkey -in bundle.key -passin pass:sesame -pubout -out bundle.pub'.split(' '));

  const created = await podstrap('bundle create --arch amd64,arm64 --out prod.tar', {
    SOURCE_DATE_EPOCH: '1700000000',
  });
  expect(created).toMatchObject({ code: 0, stdout: expect.stringMatching(/^Wrote prod\.tar: 42 artifacts/) });

  const passphrase = { PODSTRAP_BUNDLE_PASSPHRASE: 'sesame' };
  expect(await podstrap('bundle verify --key bundle.pub prod.tar')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('it is not signed'),
  });
  expect(await podstrap('bundle sign --key bundle.key prod.tar')).toMatchObject({
    code: 64,
    stderr: expect.stringContaining('PODSTRAP_BUNDLE_PASSPHRASE'),
  });
  expect(await podstrap('bundle sign --key bundle.key prod.tar', passphrase)).toMatchObject({ code: 0 });
  const verified = await podstrap('bundle verify --key bundle.pub prod.tar -o json');
  const { digest, signed } = JSON.parse(verified.stdout);
  expect(signed).toBe(true);

  const shown = await podstrap('bundle show prod.tar');
  expect(shown.stdout).toContain(digest);
  expect(shown.stdout).toMatch(
    /^made +2\d{3}-\S+ by \S+@\S+ with podstrap \S+, for prod from cluster\.yaml/m,
  );
  expect(shown.stdout).toMatch(/^image +registry\.k8s\.io\/etcd +3\.6\.11-0 +arm64 /m);
  const data = JSON.parse((await podstrap('bundle show prod.tar -o json')).stdout);
  expect(data).toMatchObject({
    digest,
    created: '2023-11-14T22:13:20.000Z',
    kubernetesVersions: ['v1.36.3'],
    architectures: ['amd64', 'arm64'],
  });
});

test('two bundles are compared; one and its delta are the other', async () => {
  const { podstrap } = await desk();
  expect((await podstrap('bundle create --out small.tar')).code).toBe(0);
  const whole = await podstrap('bundle create --arch amd64,arm64 --out prod.tar -o json');
  const diff = await podstrap('bundle diff small.tar prod.tar');
  expect(diff.stdout).toMatch(/^\+ +kubelet v1\.36\.3 arm64 /m);
  expect(diff.stdout).toMatch(/^21 the same; the second needs/m);
  const delta = await podstrap('bundle create --arch amd64,arm64 --base small.tar --out delta.tar');
  expect(delta.code).toBe(0);
  const merged = await podstrap('bundle merge small.tar delta.tar --out merged.tar -o json');
  expect(JSON.parse(merged.stdout).sha256).toBe(JSON.parse(whole.stdout).sha256);
});

/** The release of etcd by way of which that of v1.37.2 is reached. */
const etcdBetween = { etcd: { local: { imageTag: '3.6.11-0' } } };

test('the same inputs give the same bytes, wherever, whenever, by whom and in whatever order they are given', async () => {
  const versions = ['v1.36.3', 'v1.37.2'];
  const hosts = ['cp-1', 'cp-2', 'w-1'].map((name, at) => ({
    ...{ name, address: `10.0.0.${at + 1}` },
    roles: [name === 'w-1' ? 'worker' : 'control-plane'],
  }));
  const contents = await Promise.all(
    [...versions.map((kubernetesVersion) => ({ kubernetesVersion })), etcdBetween].map((spec) =>
      practiceContent(inventoryWith({ ...spec, hosts }), { padding: 500 }),
    ),
  );
  const upstream = await startUpstream(together(contents));
  onTestFinished(() => upstream.close());
  const extraFiles = ['one', 'two'].map((source) => ({ source, path: `/srv/${source}` }));
  /** Makes a bundle in a folder of its own, from a cache of its own. @returns its bytes */
  async function make(umask: string, words: string, turned: boolean, more: Readonly<Record<string, string>>) {
    const directory = await scratch();
    const inOrder = <T>(list: readonly T[]) => (turned ? list.toReversed() : list);
    const spec = {
      kubernetesVersion: 'v1.36.3',
      hosts: inOrder(hosts),
      artifacts: {
        ...inventoryMirrors(upstream.url),
        cacheDirectory: 'cache',
        extraFiles: inOrder(extraFiles),
      },
    };
    const document = {
      apiVersion: 'podstrap.io/v1alpha1',
      kind: 'Cluster',
      metadata: { name: 'prod' },
      spec,
    };
    await writeFile(join(directory, 'cluster.yaml'), JSON.stringify(document));
    for (const { source } of extraFiles) await writeFile(join(directory, source), `this is ${source}\n`);
    const command = `umask ${umask}; exec "$0" "$1" bundle create ${words} --out b.tar`;
    await promisify(execFile)('sh', ['-c', command, process.execPath, bin], {
      cwd: directory,
      env: { PATH: process.env['PATH'], HOME: directory, NO_PROXY: '*', ...more },
    });
    return readFile(join(directory, 'b.tar'));
  }
  const [amd64First, arm64First] = ['amd64,arm64', 'arm64,amd64'].map((archs, at) => {
    const order = at === 0 ? versions : versions.toReversed();
    return `--arch ${archs} --kubernetes-version ${order.join(',')}`;
  });
  const one = await make('022', amd64First!, false, { TZ: 'UTC', LC_ALL: 'C', USER: 'ann' });
  const other = await make('077', arm64First!, true, {
    ...{ TZ: 'Pacific/Kiritimati', LC_ALL: 'tr_TR.UTF-8', USER: 'bob', LOGNAME: 'bob' },
  });
  expect(other.equals(one)).toBe(true);
  const dated = await make('022', amd64First!, false, { SOURCE_DATE_EPOCH: '1700000000' });
  expect(dated.equals(one)).toBe(false);
});

test('a damaged bundle is named and fails', async () => {
  const { directory, podstrap } = await desk();
  expect((await podstrap('bundle create')).code).toBe(0);
  const file = join(directory, 'prod-v1.36.3.tar');
  const bytes = await readFile(file);
  bytes[bytes.length - 3]! ^= 1;
  await writeFile(file, bytes);
  expect(await podstrap('bundle verify prod-v1.36.3.tar')).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('damaged: the end'),
  });
});

test.each([
  ['--arch riscv64', 'riscv64 is not an architecture'],
  ['--kubernetes-version v1.2.3', 'v1.2.3 is not a supported version'],
])('bundle create %s is bad usage', async (words, said) => {
  const { podstrap } = await desk();
  expect(await podstrap(`bundle create ${words}`)).toMatchObject({
    code: 64,
    stderr: expect.stringContaining(said),
  });
});

test('a time that is none is bad usage', async () => {
  const { podstrap } = await desk();
  const made = await podstrap('bundle create', { SOURCE_DATE_EPOCH: 'yesterday' });
  expect(made).toMatchObject({ code: 64, stderr: expect.stringContaining('SOURCE_DATE_EPOCH is yesterday') });
});
