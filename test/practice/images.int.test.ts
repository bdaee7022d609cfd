import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type PracticeSite, startPracticeSite } from '../../src/practice/practice-site.js';
import { type Client, login } from './client.js';
import { ociImage } from './oci-image.js';

let site: PracticeSite;
let client: Client;
const ref = 'registry.k8s.io/pause:3.10.2';
const ctr = 'ctr -n k8s.io';

beforeAll(async () => {
  site = await startPracticeSite({
    directory: mkdtempSync(join(tmpdir(), 'practice-')),
    hosts: [{ name: 'cp-1' }],
  });
  client = await login(site.hosts[0]!, site.identityFile);
});
afterAll(async () => {
  client.close();
  await site.close({ remove: true });
});

const run = (script: string, stdin?: Uint8Array) => client.run(script, stdin);

describe('ctr', () => {
  test('is not there before somebody has brought it', async () => {
    expect(await run(`${ctr} images ls`)).toMatchObject({ code: 127 });
    await run('for b in ctr containerd; do : >"$R/usr/local/bin/$b"; chmod 755 "$R/usr/local/bin/$b"; done');
  });

  test('fails while containerd does not run', async () => {
    expect((await run(`${ctr} images ls`)).stderr).toMatch(/failed to dial/);
    const unit = '[Service]\nExecStart=/usr/local/bin/containerd\n';
    await run(
      `printf '%s' '${unit}' >"$R/etc/systemd/system/containerd.service"; systemctl start containerd`,
    );
  });

  test('imports an image under the name in its archive, and lists it as containerd does', async () => {
    const image = await ociImage(ref);
    expect(await run(`${ctr} images import --no-unpack=false - >/dev/null`, image.tar)).toMatchObject({
      code: 0,
    });
    const lines = (await run(`${ctr} images ls`)).stdout.split('\n');
    expect(lines[0]).toMatch(/^REF +TYPE +DIGEST +SIZE +PLATFORMS +LABELS *$/);
    const row = lines.find((line) => line.startsWith(ref))!;
    expect(row.split(/ +/)).toEqual([
      ref,
      'application/vnd.oci.image.manifest.v1+json',
      image.digest,
      String(image.bytes),
      'B',
      expect.stringMatching(/^linux\/(amd64|arm64)$/),
      'io.cri-containerd.image=managed',
      '',
    ]);
    expect((await run(`${ctr} images ls -q`)).stdout.split('\n')).toContain(ref);
  });

  test('labels, tags and removes images', async () => {
    expect((await run(`${ctr} images label ${ref} io.cri-containerd.pinned=pinned`)).stdout).toBe(
      'io.cri-containerd.image=managed,io.cri-containerd.pinned=pinned\n',
    );
    await run(`${ctr} images tag ${ref} other.example/pause:1`);
    expect((await run(`${ctr} images ls | grep -c pinned=pinned`)).stdout).toBe('2\n');
    await run(`${ctr} images rm other.example/pause:1`);
    expect(await run(`${ctr} images rm other.example/pause:1`)).toMatchObject({ code: 1 });
    expect(await run(`${ctr} images label absent:1 a=b`)).toMatchObject({ code: 1 });
  });

  test.each([
    ['a damaged layer', { damaged: true }, /unexpected commit digest/],
    ['a missing layer', { withoutLayer: true }, /not found/],
    ['another architecture', { arch: 's390x' }, /no match for platform/],
  ])('refuses an image with %s', async (_name, flaws, words) => {
    const { tar } = await ociImage('bad.example/image:1', flaws);
    const { code, stderr } = await run(`${ctr} images import -`, tar);
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringMatching(words) });
    expect((await run(`${ctr} images ls -q`)).stdout).not.toContain('bad.example');
  });

  test('refuses half an archive, and leaves nothing behind', async () => {
    const { tar } = await ociImage('half.example/image:1');
    expect((await run(`${ctr} images import -`, tar.subarray(0, tar.length / 3))).code).not.toBe(0);
    expect((await run('ls "$R/var/lib/containerd/practice"')).stdout).toBe('content\nimages\nrefs\n');
    expect((await run(`${ctr} images ls`)).stdout).not.toContain('half.example');
  });

  test.each([
    'images ls',
    '-n k8s.io image pull x',
    '-n k8s.io images ls --all',
    '-n k8s.io containers ls labels.a~=b',
  ])('does not know `ctr %s`, and says so', async (words) => {
    expect(await run(`ctr ${words}`)).toMatchObject({ code: 64 });
    expect(site.refused.at(-1)).toMatch(/^cp-1: ctr/);
  });
});
