// How the tables of src/kubernetes/known-*.ts are written: words, with the minors that know them where not all do.

/** `name`, or with the minors that know it where not all do: `name@36-`, `name@-35`, `name@35-36`. */
export function words(releases, listOf) {
  const minors = new Map();
  for (const release of releases)
    for (const word of listOf(release)) minors.set(word, [...(minors.get(word) ?? []), release.minor]);
  return [...minors]
    .sort(([one], [other]) => (one < other ? -1 : 1))
    .map(([word, known]) => word + span(known, releases));
}

function span(known, releases) {
  const from = known[0] === releases[0].minor ? '' : known[0];
  const to = known.at(-1) === releases.at(-1).minor ? '' : known.at(-1);
  return from === '' && to === '' ? '' : `@${from}-${to}`;
}

export function folded(all, indent) {
  const lines = [''];
  for (const word of all)
    if (lines.at(-1).length + word.length > 108 - indent.length) lines.push(word);
    else lines.push(`${lines.pop()} ${word}`.trim());
  return lines.map((line) => indent + line).join('\n');
}

/** A constant with the types of some releases. */
export function typesOf(releases, name, about) {
  const all = [...new Set(releases.flatMap((release) => Object.keys(release.types)))].sort();
  const fieldsOf = (type) =>
    words(releases, ({ types }) => Object.entries(types[type] ?? {}).map(([field, is]) => `${field}:${is}`));
  return `/**
 * ${about} Each field is \`NAME:TYPE\`, with the minors that know it where not all do:
 * \`NAME:TYPE@FROM-TO\`. \`[]\` is a list, \`{}\` a mapping.
 */
export const ${name} = {
${all.map((type) => `  ${type}: \`\n${folded(fieldsOf(type), '    ')}\`,`).join('\n')}
} as const;
`;
}
