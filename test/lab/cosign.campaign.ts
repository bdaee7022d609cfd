import { execFileSync } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readSigningKey, signBundle } from '../../src/bundle/file/sign-bundle.js';
import { verifyBundle } from '../../src/bundle/file/verify-bundle.js';
import { writeBundle } from '../../src/bundle/file/write-bundle.js';
import { output, runCommand } from './command.js';
import { beside, settingsFrom } from './settings.js';

const cosignVersion = 'v3.1.3';
/** As docs/air-gap.md gives it. */
const verify = (key: string, signature: string, file: string) =>
  ['verify-blob', '--key', key, '--signature', signature, '--insecure-ignore-tlog', file] as const;

describe('signatures of bundles and the real cosign', () => {
  let directory: string;
  let bundle: string;
  let cosign: string;
  const openssl = (words: string) =>
    execFileSync('openssl', words.split(' '), { cwd: directory, stdio: 'pipe' });

  beforeAll(async () => {
    await output(beside('build'), ['--cosign']);
    cosign = join(settingsFrom(process.env).home, 'dist', `cosign-${cosignVersion}`, 'cosign');
    directory = await mkdtemp(join(tmpdir(), 'podstrap-cosign-'));
    bundle = join(directory, 'b.tar');
    await writeBundle({ list: [], place: () => ({ file: '', start: 0 }) }, { out: bundle, created: 0 });
  });
  afterAll(() => rm(directory, { recursive: true, force: true }));

  it.each([
    ['ECDSA', 'genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out key'],
    ['RSA', 'genpkey -algorithm RSA -pkeyopt rsa_keygen_bits:2048 -out key'],
  ])('cosign accepts what podstrap signed with %s, and nothing else', async (_kind, making) => {
    openssl(making);
    openssl('pkey -in key -pubout -out key.pub');
    const [key, signature] = [join(directory, 'key'), `${bundle}.sig`];
    await signBundle(bundle, await readSigningKey(key, async () => undefined), signature);
    const accepted = await runCommand(cosign, verify(`${key}.pub`, signature, bundle));
    expect(`${accepted.stdout}${accepted.stderr}`).toContain('Verified OK');
    expect(accepted.code).toBe(0);
    const other = join(directory, 'other.tar');
    await writeFile(other, Buffer.concat([await readFile(bundle), Buffer.from('x')]));
    expect((await runCommand(cosign, verify(`${key}.pub`, signature, other))).code).not.toBe(0);
  });

  it('podstrap accepts what cosign signed', async () => {
    const environment = { COSIGN_PASSWORD: 'sesame' };
    await output(cosign, ['generate-key-pair', '--output-key-prefix', 'pair'], { directory, environment });
    const signature = `${bundle}.cosign`;
    const signing = ['sign-blob', '--key', 'pair.key', '--output-signature', signature, '--yes'];
    // Nothing is written to a log of the internet's, and none is asked: there is no network here.
    const alone = ['--tlog-upload=false', '--new-bundle-format=false', '--use-signing-config=false'];
    await output(cosign, [...signing, ...alone, bundle], { directory, environment });
    const keyFile = join(directory, 'pair.pub');
    await verifyBundle(bundle, { trust: { keyFile, signatureFile: signature } });
    expect((await runCommand(cosign, verify(keyFile, signature, bundle))).code).toBe(0);
  });
});
