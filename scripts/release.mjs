// Makes the files of a release in release/, from what tsc has compiled; runs behind it in `npm run release`.
//
//   release/podstrap.mjs         the program with all its libraries in one file, for any Node that package.json allows
//   podstrap-linux-amd64, -arm64 the same inside Node itself: one executable that needs nothing else
//   podstrap.cdx.json            what is built in (CycloneDX 1.6)
//   LICENSES.txt                 of all that is built in
//   SHA256SUMS                   of all of these; SHA256SUMS.sig with --sign-key FILE, as `podstrap bundle sign` signs
//
// The same sources give the same bytes. Node comes as a package of the npm registry, in one version with known digests.
//
//   --only-script      no executables: nothing is fetched
//   --out FOLDER       instead of release/
import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { rolldown } from 'rolldown';
import { programSbom } from '../build/bundle/file/sbom.js';
import { readSigningKey, signBundle } from '../build/bundle/file/sign-bundle.js';
import { Secret } from '../build/secret.js';
import { bringNode } from './node-package.mjs';
import { inlineTexts, licenseTexts, own, packagesIn, root } from './one-file.mjs';

const { values: options } = parseArgs({
  options: {
    out: { type: 'string', default: new URL('release/', root).pathname },
    'only-script': { type: 'boolean', default: false },
    'sign-key': { type: 'string' },
  },
});
const out = resolve(options.out);
const node = JSON.parse(readFileSync(new URL('release-node.json', import.meta.url), 'utf8'));
const script = 'podstrap.mjs';

/** Native parts of ssh2 make some ciphers faster and are no part of one file; it does without, as it asks for. */
const withoutNativeParts = {
  name: 'without-native-parts',
  resolveId: (id) => (id === 'cpu-features' || id.endsWith('.node') ? '\0native' : null),
  load: (id) => (id === '\0native' ? "throw new Error('podstrap as one file has no native parts');" : null),
};

async function writeScript() {
  const bundle = await rolldown({
    input: new URL('build/cli/bin.js', root).pathname,
    platform: 'node',
    // Where ssh2 looks for the agent of a Windows machine.
    transform: { define: { __dirname: '"/"' } },
    plugins: [inlineTexts(), withoutNativeParts],
  });
  const { output } = await bundle.write({ file: join(out, script), format: 'esm', codeSplitting: false });
  await bundle.close();
  chmodSync(join(out, script), 0o755);
  return packagesIn(output);
}

/** Node for one platform, checked. */
const nodeFor = (name) => bringNode(node.version, name, node.packages[name].integrity);

function writeExecutable(name, { arch }) {
  const file = `podstrap-linux-${arch}`;
  const config = join(out, `${file}.json`);
  writeFileSync(
    config,
    JSON.stringify({
      main: script,
      mainFormat: 'module',
      executable: nodeFor(name),
      output: file,
      disableExperimentalSEAWarning: true,
      execArgvExtension: 'none',
    }),
  );
  // From there, since the executable remembers the path of its script as it is given here.
  execFileSync(nodeFor(node.builder), ['--build-sea', config], {
    cwd: out,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  rmSync(config);
  chmodSync(join(out, file), 0o755);
  return file;
}

rmSync(out, { recursive: true, force: true });
mkdirSync(out, { recursive: true });
const packages = await writeScript();
const files = [script];
const licenses = [licenseTexts(packages)];
if (!options['only-script']) {
  for (const [name, platform] of Object.entries(node.packages)) files.push(writeExecutable(name, platform));
  licenses.push(
    `Node.js ${node.version}\n\n${readFileSync(join(nodeFor(node.builder), '../../LICENSE'), 'utf8')}`,
  );
}
writeFileSync(join(out, 'LICENSES.txt'), licenses.join(`\n${'-'.repeat(80)}\n\n`));
const runtime = options['only-script'] ? [] : [{ name: 'node', version: node.version, license: 'MIT' }];
writeFileSync(
  join(out, 'podstrap.cdx.json'),
  programSbom({ name: own.name, version: own.version, license: own.license }, packages, runtime),
);
files.push('LICENSES.txt', 'podstrap.cdx.json');
const sums = files.map(
  (file) =>
    `${createHash('sha256')
      .update(readFileSync(join(out, file)))
      .digest('hex')}  ${file}\n`,
);
writeFileSync(join(out, 'SHA256SUMS'), sums.join(''));
if (options['sign-key'] !== undefined) {
  const passphrase = process.env.PODSTRAP_BUNDLE_PASSPHRASE;
  const key = await readSigningKey(options['sign-key'], async () =>
    passphrase === undefined ? undefined : new Secret(passphrase),
  );
  await signBundle(join(out, 'SHA256SUMS'), key, join(out, 'SHA256SUMS.sig'));
}
process.stdout.write(`Wrote ${[...files, 'SHA256SUMS'].join(', ')} to ${out}\n`);
