import type { JsonSchema } from './json-schema.js';

const introduction = `# The inventory, field by field

One YAML file describes one cluster. \`podstrap init\` writes a first one, [examples](../examples) holds complete ones,
\`podstrap explain FIELD\` describes one field, and an editor that reads the line
\`# yaml-language-server: $schema=…\` completes and checks the file while you type. Fleets have an inventory of their
own: [fleet-inventory.md](fleet-inventory.md).

podstrap checks the whole file before it connects to any host, and reports every problem at once with its line and
column. Fields that this page does not list are errors.

- Durations are written as in Go: \`30s\`, \`4m\`, \`1h30m\`, \`8760h\`.
- Relative paths start at the inventory file; \`~\` is your home directory.
- A value may hold \`\${NAME}\` when \`environment\` lists NAME; any other \`\${…}\` is left as it is.
- Where kubeadm (v1beta4) has a field, it has the same name and meaning here.

Generated from the schema that podstrap checks against; after a change to it, \`node scripts/schema.mjs --docs\`
regenerates this page.
`;

const fleetIntroduction = `# The inventory of a fleet, field by field

One YAML file describes one fleet: hosts on which a kubelet alone runs static pods; see [fleets.md](fleets.md).
\`podstrap init --fleet\` writes a first one, [examples/fleet](../examples/fleet/cluster.yaml) is a complete one, and
\`podstrap explain FIELD --kind fleet\` describes one field. Durations, paths and \`\${NAME}\` are as in
[the inventory of a cluster](inventory.md).

Generated from the schema that podstrap checks against; after a change to it, \`node scripts/schema.mjs --docs\`
regenerates this page.
`;

interface Section {
  readonly path: string;
  readonly schema: JsonSchema;
}

/** The users' reference, as Markdown: a table for every mapping, in the order of the definition. */
export function fieldReference(schema: JsonSchema): string {
  const sections = sectionsOf({ path: '', schema });
  return [introduction, ...distinct(sections).map(render)].join('\n');
}

/** The same for fleets. What clusters have alike, in the same place, is named and not repeated. */
export function fleetReference(fleet: JsonSchema, cluster: JsonSchema): string {
  const key = ({ path, schema }: Section) => `${path}\n${JSON.stringify(schema.properties)}`;
  const known = new Set(sectionsOf({ path: '', schema: cluster }).map(key));
  const sections = sectionsOf({ path: '', schema: fleet });
  const same = sections.filter((section) => known.has(key(section)));
  const outermost = same.filter(
    ({ path }) =>
      !same.some((other) => path.startsWith(`${other.path}.`) || path.startsWith(`${other.path}[`)),
  );
  const [title, ...others] = distinct(sections.filter((section) => !same.includes(section))).map(render);
  const alike = `These have the same fields as [in a cluster](inventory.md): ${outermost.map(({ path }) => `\`${path}\``).join(', ')}.\n`;
  return [fleetIntroduction, alike, title, ...others].join('\n');
}

/** Depth first, so that what belongs together stands together. */
function sectionsOf(section: Section): readonly Section[] {
  const { path, schema } = section;
  const fields = Object.entries(schema.properties ?? {});
  const inner = fields.flatMap(([name, field]) =>
    sectionsOf(mappingIn(path === '' ? name : `${path}.${name}`, field)),
  );
  return schema.properties === undefined ? inner : [section, ...inner];
}

/** What a field holds when lists and records around it are looked through. */
function mappingIn(path: string, schema: JsonSchema): Section {
  if (schema.items !== undefined) return mappingIn(`${path}[]`, schema.items);
  const { additionalProperties: others } = schema;
  if (typeof others === 'object') return mappingIn(`${path}.*`, others);
  return { path, schema };
}

/** The same mapping in several places, such as the flags of each component, is described once. */
function distinct(sections: readonly Section[]): readonly (Section & { paths: readonly string[] })[] {
  const key = ({ schema }: Section) => JSON.stringify(schema.properties);
  return [...new Set(sections.map(key))].map((one) => {
    const same = sections.filter((section) => key(section) === one);
    return { ...same[0]!, paths: same.map(({ path }) => path) };
  });
}

function render({ schema, paths }: { schema: JsonSchema; paths: readonly string[] }): string {
  const rows = Object.entries(schema.properties!).map(
    ([name, field]) =>
      `| \`${name}\` | ${typeOf(field)} | ${needed(name, field, schema)} | ${cell(field.description)} |`,
  );
  const table = ['| Field | Type | Default | Meaning |', '|---|---|---|---|', ...rows, ''];
  return [...heading(paths, schema.description), ...table].join('\n');
}

/** Where the mapping stands; one that stands in many places is called by its own name. */
function heading(paths: readonly string[], description: string | undefined): readonly string[] {
  const places = paths.map((path) => `\`${path}\``).join(', ');
  if (paths.length > 3) return [`## \`${paths[0]!.split('.').at(-1)}\``, '', `In ${places}.`, ''];
  const title = `## ${paths[0] === '' ? 'Top level' : places}`;
  return paths.length === 1 && description !== undefined ? [title, '', `${description}.`, ''] : [title, ''];
}

/** What goes there, for people; `code` for what is typed as it is. */
export function typeOf(field: JsonSchema): string {
  if (field.const !== undefined) return `\`${field.const}\``;
  if (field.enum !== undefined)
    return field.enum.map((each) => `\`${each === '' ? '""' : each}\``).join(', ');
  if (field.items !== undefined) return `list of ${typeOf(field.items)}`;
  if (field.properties !== undefined) return 'mapping';
  if (typeof field.additionalProperties === 'object')
    return field.additionalProperties.type === undefined
      ? 'free mapping'
      : `mapping to ${typeOf(field.additionalProperties)}`;
  return { string: 'text', integer: 'number', boolean: 'true or false' }[field.type ?? ''] ?? 'anything';
}

function needed(name: string, field: JsonSchema, parent: JsonSchema): string {
  if (parent.required?.includes(name)) return '**required**';
  // An empty mapping or list tells nobody anything.
  if (field.default === undefined || typeof field.default === 'object') return '';
  return field.default === '' ? '`""`' : `\`${String(field.default)}\``;
}

const cell = (text = ''): string => text.replaceAll('|', '\\|');
