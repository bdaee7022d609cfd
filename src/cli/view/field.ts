import { type Explained, fieldsBelow, nameOf } from '../../inventory/explain.js';
import { typeOf } from '../../inventory/field-reference.js';
import type { JsonSchema } from '../../inventory/json-schema.js';
import type { DocumentKind } from '../../inventory/reading/document-kinds.js';
import { jsonText } from '../terminal.js';

/** A field of an inventory of this kind and those directly below it, for people. */
export function fieldText(kind: DocumentKind, field: Explained): string {
  const { path, schema } = field;
  const below = fieldsBelow(field);
  const described = [describedType(field), ...(path !== '' && kind === 'Fleet' ? ['in a fleet'] : [])];
  return [
    `${path === '' ? `The inventory of a ${kind.toLowerCase()}` : path}  (${described.join(', ')})`,
    ...(schema.description === undefined ? [] : ['', ...folded(schema.description, '')]),
    ...(below.length === 0 ? [] : ['', 'Fields:', ...below.flatMap(summary)]),
    '',
  ].join('\n');
}

const summary = (field: Explained): readonly string[] => [
  '',
  `  ${nameOf(field)}  (${describedType(field)})`,
  ...folded(field.schema.description ?? '', '    '),
];

const describedType = ({ schema, isRequired, path }: Explained): string =>
  [
    typeOf(schema).replaceAll('`', ''),
    ...(isRequired && path !== '' ? ['required'] : []),
    ...defaultOf(schema),
  ].join(', ');

/** An empty mapping or list is no default that tells anybody anything. */
function defaultOf({ default: value }: JsonSchema): readonly string[] {
  if (value === undefined) return [];
  const text = typeof value === 'string' ? value : jsonText(value);
  return text.length <= 2 && typeof value === 'object' ? [] : [`default ${text === '' ? '""' : text}`];
}

/** Lines of at most 78 characters. */
function folded(text: string, indent: string): readonly string[] {
  const lines: string[] = [];
  for (const word of text.replaceAll('`', '').split(/\s+/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= 78)
      lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(`${indent}${word}`);
  }
  return lines;
}
