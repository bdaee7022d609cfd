// Makes what the package ships, dist/cli/, of what tsc has compiled: the program with its libraries in one file, and in
// files of their own what only some commands need. Node then opens a handful of files at each start instead of several
// hundred. Runs behind tsc in `npm run build`. How everything becomes one file: release.mjs.
import { rmSync, writeFileSync } from 'node:fs';
import { rolldown } from 'rolldown';
import { inlineTexts, licenseTexts, own, packagesIn, root } from './one-file.mjs';

// The libraries that stay packages of their own have native parts, or are large and seldom needed.
const apart = [...Object.keys(own.dependencies), 'cpu-features'];
const isApart = (name) => apart.some((one) => name === one || name.startsWith(`${one}/`));

rmSync(new URL('dist/', root), { recursive: true, force: true });
const bundle = await rolldown({
  input: { program: new URL('build/cli/bin.js', root).pathname },
  platform: 'node',
  external: (name) => isApart(name),
  plugins: [inlineTexts()],
});
const { output } = await bundle.write({
  dir: new URL('dist/cli/', root).pathname,
  format: 'esm',
  entryFileNames: '[name].mjs',
  chunkFileNames: '[name]-[hash].mjs',
});
await bundle.close();

// What starts it: any Node can read this, so that one which is too old says so. Hence no modules, and a file of its own for
// `import()`, which is no word of the language to the oldest. A shell starts it, which can still tell what Node forgets:
// whether hang-ups are to be ignored, as with nohup (bit 0 of SigIgn; see src/cli/end-signals.ts). To Node that line is a
// word and a comment.
const floor = own.engines.node.replace('>=', '');
const [major, minor] = floor.split('.').map(Number);
const starting = {
  'package.json': '{ "type": "commonjs" }\n',
  'bin.js': `#!/bin/sh
':' //; grep -qs '^SigIgn:.*[13579bdf]$' /proc/self/status && export PODSTRAP_IGNORES_HUP=1; exec node "$0" "$@"
'use strict';
var version = process.versions.node.split('.').map(Number);
if (version[0] < ${major} || (version[0] === ${major} && version[1] < ${minor})) {
  console.error('podstrap needs Node.js ${floor} or newer, and this is ' + process.versions.node + '. Install a newer one, for example from https://nodejs.org, and run podstrap with that.');
  process.exitCode = 1;
} else require('./start.js');
`,
  'start.js': `'use strict';
let ended = false;
import('./program.mjs').then(() => { ended = true; });
// As Node does for a module of its own whose work never comes to its end.
process.on('beforeExit', () => { if (!ended && !process.exitCode) process.exitCode = 13; });
`,
};
for (const [name, text] of Object.entries(starting))
  writeFileSync(new URL(`dist/cli/${name}`, root), text, { mode: name === 'bin.js' ? 0o755 : 0o644 });
writeFileSync(new URL('dist/LICENSES.txt', root), licenseTexts(packagesIn(output)));
