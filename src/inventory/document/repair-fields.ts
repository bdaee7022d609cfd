import { didYouMean, nearest } from '../did-you-mean.js';
import { childSchema, type JsonSchema } from '../json-schema.js';
import { formatPath, type Path } from '../path.js';
import type { Finding } from '../reading/finding.js';
import type { Entry, MapNode, Node } from './node.js';

/**
 * The document with every unknown field reported, and then renamed to the one that was meant or else dropped, so that
 * one typo neither hides nor causes other problems. Fields without a value are dropped as if they were not written.
 */
export function repairFields(root: Node, schema: JsonSchema): { root: Node; findings: readonly Finding[] } {
  const findings: Finding[] = [];
  return { root: repairNode(root, schema, [], { schema, findings }), findings };
}

interface Repair {
  readonly schema: JsonSchema;
  readonly findings: Finding[];
}

function repairNode(node: Node, schema: JsonSchema | undefined, path: Path, repair: Repair): Node {
  if (schema === undefined || node.kind === 'scalar') return node;
  if (node.kind === 'list') {
    const items = node.items.map((item, index) => repairNode(item, schema.items, [...path, index], repair));
    return { ...node, items };
  }
  const known =
    schema.properties === undefined ? node.entries : knownEntries(node, schema.properties, path, repair);
  const entries = known.map((entry) => ({
    ...entry,
    value: repairNode(entry.value, childSchema(schema, entry.key), [...path, entry.key], repair),
  }));
  return { ...node, entries };
}

function knownEntries(
  map: MapNode,
  properties: Readonly<Record<string, JsonSchema>>,
  path: Path,
  repair: Repair,
): readonly Entry[] {
  const known = map.entries.filter(({ key }) => Object.hasOwn(properties, key));
  const free = new Set(Object.keys(properties).filter((name) => !known.some(({ key }) => key === name)));
  const renamed: Entry[] = [];
  for (const entry of map.entries.filter((each) => !known.includes(each))) {
    const meant = nearest(entry.key, [...free]);
    repair.findings.push({
      path: [...path, entry.key],
      at: entry.keyAt,
      found: 'unknown field',
      expected: free.size === 0 ? 'no such field' : `one of ${[...free].join(', ')}`,
      hint: didYouMean(entry.key, [...free]) ?? belongsTo(entry.key, repair.schema),
    });
    if (meant.length !== 1) continue;
    free.delete(meant[0]!);
    renamed.push({ ...entry, key: meant[0]! });
  }
  return [...known, ...renamed].filter(({ value }) => value.kind !== 'scalar' || value.value !== null);
}

function belongsTo(key: string, schema: JsonSchema): string | undefined {
  const homes = [...homesOf(key, schema, [])];
  return homes.length === 1 ? `it belongs to ${homes[0]}` : undefined;
}

/** Every mapping that has such a field. */
function* homesOf(key: string, schema: JsonSchema, path: Path): Generator<string> {
  const { properties = {}, items } = schema;
  if (Object.hasOwn(properties, key)) yield path.length === 0 ? 'the top level' : formatPath(path);
  for (const [name, child] of Object.entries(properties)) yield* homesOf(key, child, [...path, name]);
  if (items !== undefined) yield* homesOf(key, items, path);
}
