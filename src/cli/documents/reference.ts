import type { JsonSchema as Plain } from '../../inventory/json-schema.js';

interface JsonSchema extends Omit<Plain, 'properties' | 'items' | 'additionalProperties'> {
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly items?: JsonSchema;
  readonly additionalProperties?: JsonSchema | boolean;
  readonly anyOf?: readonly JsonSchema[];
}

const introduction = `# JSON that podstrap prints, field by field

Every document that \`-o json\` prints has \`apiVersion\`, \`podstrap.io/v1alpha1\`, and \`kind\`, which the tables below
leave out. The package ships the JSON Schema of each kind, \`schema/certificate-list.schema.json\` and so on. A field
that is not marked **always** is absent where there is nothing to say. [plan-format.md](plan-format.md) describes the
plan, events and failures.

Generated from the definitions that podstrap's own types come from; after a change to them, \`npm run build\` and
\`node scripts/schema.mjs --docs\` regenerate this page.
`;

/** The kinds of documents as Markdown: a table for every mapping. Pure. @param schemas JSON Schemas by kind */
export function documentReference(schemas: ReadonlyMap<string, object>): string {
  const sections = [...schemas].map(([kind, schema]) => sectionOf(kind, schema as JsonSchema));
  return [introduction, ...sections].join('\n');
}

function sectionOf(kind: string, schema: JsonSchema): string {
  const title = `## ${kind}\n\n${sentence(schema.description)}\n`;
  if (schema.anyOf === undefined) return `${title}\n${tables('', schema).join('\n')}`;
  const variants = schema.anyOf.map((one) => {
    const name = String(one.properties?.['event']?.const);
    return `### \`${name}\`\n\n${sentence(one.description)}\n\n${tables('', one).join('\n')}`;
  });
  return [title, ...variants].join('\n');
}

const sentence = (text = ''): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** A mapping's own table, then those of the mappings in it. */
function tables(path: string, schema: JsonSchema): readonly string[] {
  const fields = Object.entries(schema.properties ?? {}).filter(
    ([name]) => path !== '' || !['apiVersion', 'kind'].includes(name),
  );
  const rows = fields.map(
    ([name, field]) =>
      `| \`${name}\` | ${typeOf(field)} | ${schema.required?.includes(name) ? '**always**' : ''} | ${cell(field.description)} |`,
  );
  const heading = path === '' ? [] : [`\`${path}\`:`, ''];
  return [
    [...heading, '| Field | Type | | Meaning |', '|---|---|---|---|', ...rows, ''].join('\n'),
    ...fields.flatMap(([name, field]) => mappingsIn(path === '' ? name : `${path}.${name}`, field)),
  ];
}

function mappingsIn(path: string, schema: JsonSchema): readonly string[] {
  if (schema.items !== undefined) return mappingsIn(`${path}[]`, schema.items);
  if (schema.anyOf !== undefined) return schema.anyOf.flatMap((one) => mappingsIn(path, one));
  return schema.properties === undefined ? [] : tables(path, schema);
}

function typeOf(field: JsonSchema): string {
  if (field.const !== undefined) return `\`${field.const}\``;
  if (field.enum !== undefined) return field.enum.map((one) => `\`${one}\``).join(', ');
  if (field.items !== undefined) return `list of ${typeOf(field.items)}`;
  if (field.anyOf !== undefined) return [...new Set(field.anyOf.map(typeOf))].join(' or ');
  const names = {
    string: 'text',
    integer: 'number',
    number: 'number',
    boolean: 'true or false',
    null: 'null',
  };
  return names[field.type as keyof typeof names] ?? 'mapping';
}

const cell = (text = ''): string => text.replaceAll('|', '\\|');
