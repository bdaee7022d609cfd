// kubernetes-tables FILE...: writes src/kubernetes/known-flags.ts and known-types.ts from what the lab's `tables` printed, one file for each minor
// in the order of minors, named tables-1.MINOR.json:
//
//   test/lab/build --tables v1.34.4 v1.35.4 v1.36.3 v1.37.2
//   for v in 1.34.4 1.35.4 1.36.3 1.37.2; do $LAB_HOME/dist/kubernetes-v$v/tables >tables-${v%.*}.json; done
//   node scripts/kubernetes-tables.mjs tables-*.json
import { readFileSync, writeFileSync } from 'node:fs';
import { folded, typesOf, words } from './kubernetes-words.mjs';

const releases = process.argv.slice(2).map((file) => ({
  minor: Number(/tables-1\.(\d+)\.json$/.exec(file)?.[1]),
  ...JSON.parse(readFileSync(file, 'utf8')),
}));
const first = releases[0].minor;
const last = releases.at(-1).minor;

const head = `// Made by scripts/kubernetes-tables.mjs from the programs of v1.${first} to v1.${last} themselves; see there.\n\n`;

const programs = Object.keys(releases[0].flags).sort();
writeFileSync(
  new URL('../src/kubernetes/known-flags.ts', import.meta.url),
  `${head}/** The minors that these tables were made of. */
export const knownMinors: readonly number[] = [${releases.map(({ minor }) => minor).join(', ')}];

/** Flags by program, each with the minors that know it where not all do: \`NAME@FROM-TO\`. */
export const knownFlags = {
${programs
  .map(
    (program) =>
      `  ${/-/.test(program) ? `'${program}'` : program}: \`\n${folded(
        words(releases, ({ flags }) => flags[program]),
        '    ',
      )}\`,`,
  )
  .join('\n')}
} as const;

/** Feature gates of all of them, written likewise. */
export const knownGates = \`
${folded(
  words(releases, ({ gates }) => gates),
  '  ',
)}\`;
`,
);

writeFileSync(
  new URL('../src/kubernetes/known-types.ts', import.meta.url),
  head + typesOf(releases, 'knownTypes', 'The types of the configurations of kubelet and kube-proxy.'),
);
