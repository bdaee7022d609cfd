import { didYouMean } from './did-you-mean.js';
import type { JsonSchema } from './json-schema.js';

/** A field of the inventory. */
export interface Explained {
  /** As it is written from the top, with `[]` for each of a list and `*` for any name. */
  readonly path: string;
  readonly schema: JsonSchema;
  readonly isRequired: boolean;
}

/** Why a path leads nowhere. */
export interface Unexplained {
  readonly said: string;
  readonly next: string;
}

/**
 * Finds a field by its path, `spec.hosts[].roles` as well as `spec.hosts.roles`; or by its end alone, such as `certSANs`,
 * where only one field ends so. Pure.
 */
export function explained(root: JsonSchema, typed: string): Explained | Unexplained {
  const words = typed
    .replace(/\[[^\]]*\]/g, '')
    .split('.')
    .filter((word) => word !== '');
  const whole: Explained = { path: '', schema: root, isRequired: true };
  const [first] = words;
  if (first === undefined) return whole;
  if (root.properties?.[first] === undefined) return byItsEnd(whole, words);
  let at = whole;
  for (const word of words) {
    const below = fieldsBelow(at);
    const next =
      below.find((field) => nameOf(field) === word) ?? below.find((field) => nameOf(field) === '*');
    if (next === undefined) return lost(at, word, below);
    at = next;
  }
  return at;
}

/** The same in the inventories of several kinds: as the first of them has it; what is missing is told of that one too. Pure. */
export function explainedIn<Kind>(
  inventories: readonly (readonly [Kind, JsonSchema])[],
  typed: string,
): readonly [Kind, Explained] | Unexplained {
  const all = inventories.map(([kind, root]) => [kind, explained(root, typed)] as const);
  for (const [kind, one] of all) if ('schema' in one) return [kind, one];
  return all[0]![1] as Unexplained;
}

/** The fields of a mapping, or of each mapping in a list or behind a name. */
export function fieldsBelow({ path, schema }: Explained): readonly Explained[] {
  const { items, additionalProperties: others, properties, required } = schema;
  if (items !== undefined) return fieldsBelow({ path: `${path}[]`, schema: items, isRequired: true });
  const named = Object.entries(properties ?? {}).map(([name, field]) => ({
    path: path === '' ? name : `${path}.${name}`,
    schema: field,
    isRequired: required?.includes(name) === true && field.default === undefined,
  }));
  return typeof others === 'object'
    ? [...named, { path: `${path}.*`, schema: others, isRequired: false }]
    : named;
}

/** The last word of a field's path. */
export const nameOf = ({ path }: Explained): string => path.slice(path.lastIndexOf('.') + 1);

function byItsEnd(whole: Explained, words: readonly string[]): Explained | Unexplained {
  const typed = words.join('.');
  const all = fieldsFrom(whole);
  const plain = (field: Explained) => field.path.replaceAll('[]', '');
  const ending = all.filter((field) => plain(field).endsWith(`.${typed}`));
  if (ending.length === 1) return ending[0]!;
  if (ending.length > 1)
    return {
      said: `${ending.length} fields have that name`,
      next: `Name one of them: ${ending
        .slice(0, 8)
        .map(({ path }) => path)
        .join(', ')}${ending.length > 8 ? ', …' : ''}`,
    };
  const hint = didYouMean(words.at(-1)!, [...new Set(all.map(nameOf))]);
  return {
    said: `there is no such field${hint === undefined ? '' : `; ${hint}`}`,
    next: 'podstrap explain spec lists the fields below spec.',
  };
}

function lost(at: Explained, word: string, below: readonly Explained[]): Unexplained {
  const place = at.path === '' ? 'the inventory' : at.path;
  if (below.length === 0)
    return {
      said: `${place} has no fields of its own`,
      next: `podstrap explain ${at.path} shows what goes there.`,
    };
  const names = below.map(nameOf);
  const hint = didYouMean(word, names);
  return {
    said: `${place} has no field ${word}${hint === undefined ? '' : `; ${hint}`}`,
    next: `It has ${names.join(', ')}.`,
  };
}

/** All fields, each before those below it. */
export const everyField = (schema: JsonSchema): readonly Explained[] =>
  fieldsFrom({ path: '', schema, isRequired: true });

const fieldsFrom = (from: Explained): readonly Explained[] =>
  fieldsBelow(from).flatMap((field) => [field, ...fieldsFrom(field)]);
