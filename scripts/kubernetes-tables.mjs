// kubernetes-tables FILE...: writes src/kubernetes/known-*.ts from what the lab's `tables` printed, one file for each minor
// in the order of minors, named tables-1.MINOR.json:
//
//   test/lab/build --tables v1.34.4 v1.35.4 v1.36.3 v1.37.2
//   for v in 1.34.4 1.35.4 1.36.3 1.37.2; do $LAB_HOME/dist/kubernetes-v$v/tables >tables-${v%.*}.json; done
//   node scripts/kubernetes-tables.mjs tables-*.json
import { readFileSync, writeFileSync } from 'node:fs';

const releases = process.argv.slice(2).map((file) => ({
  minor: Number(/tables-1\.(\d+)\.json$/.exec(file)?.[1]),
  ...JSON.parse(readFileSync(file, 'utf8')),
}));
const first = releases[0].minor;
const last = releases.at(-1).minor;

/** `name`, or with the minors that know it where not all do: `name@36-`, `name@-35`, `name@35-36`. */
function words(listOf) {
  const minors = new Map();
  for (const release of releases)
    for (const word of listOf(release)) minors.set(word, [...(minors.get(word) ?? []), release.minor]);
  return [...minors]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([word, known]) => word + span(known));
}

function span(known) {
  const from = known[0] === first ? '' : known[0];
  const to = known.at(-1) === last ? '' : known.at(-1);
  return from === '' && to === '' ? '' : `@${from}-${to}`;
}

function folded(all, indent) {
  const lines = [''];
  for (const word of all)
    if (lines.at(-1).length + word.length > 108 - indent.length) lines.push(word);
    else lines.push(`${lines.pop()} ${word}`.trim());
  return lines.map((line) => indent + line).join('\n');
}

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
        words(({ flags }) => flags[program]),
        '    ',
      )}\`,`,
  )
  .join('\n')}
} as const;

/** Feature gates of all of them, written likewise. */
export const knownGates = \`
${folded(
  words(({ gates }) => gates),
  '  ',
)}\`;
`,
);

const types = [...new Set(releases.flatMap((release) => Object.keys(release.types)))].sort();
const fieldsOf = (type) =>
  words(({ types }) => Object.entries(types[type] ?? {}).map(([name, is]) => `${name}:${is}`));
writeFileSync(
  new URL('../src/kubernetes/known-types.ts', import.meta.url),
  `${head}/**
 * The types of Pods, Nodes and of the configurations of kubelet and kube-proxy. Each field is \`NAME:TYPE\`, with the minors
 * that know it where not all do: \`NAME:TYPE@FROM-TO\`. \`[]\` is a list, \`{}\` a mapping.
 */
export const knownTypes = {
${types.map((type) => `  ${type}: \`\n${folded(fieldsOf(type), '    ')}\`,`).join('\n')}
} as const;
`,
);
