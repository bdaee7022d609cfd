import { didYouMean } from '../did-you-mean.js';
import type { VariableUse } from '../hidden-values.js';
import { childSchema, type JsonSchema } from '../json-schema.js';
import type { Path } from '../path.js';
import type { Finding } from '../reading/finding.js';
import type { Node, ScalarNode } from './node.js';

interface Substitution {
  readonly names: readonly string[];
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly findings: Finding[];
  readonly uses: VariableUse[];
}

/**
 * The document with `${NAME}` replaced in its values for the names that it lists itself, and for no others.
 * It happens behind the YAML parser: no value of a variable can add fields or end a string.
 */
export function substitute(
  root: Node,
  schema: JsonSchema,
  environment: Readonly<Record<string, string | undefined>>,
): { root: Node; findings: readonly Finding[]; uses: readonly VariableUse[] } {
  const names = listedNames(root);
  const findings: Finding[] = [];
  const uses: VariableUse[] = [];
  return {
    root: substituteNode(root, schema, [], { names, environment, findings, uses }),
    findings,
    uses,
  };
}

function listedNames(root: Node): readonly string[] {
  const entries = root.kind === 'map' ? root.entries : [];
  const list = entries.find(({ key }) => key === 'environment')?.value;
  if (list === undefined || list.kind !== 'list') return [];
  return list.items.flatMap((item) =>
    item.kind === 'scalar' && typeof item.value === 'string' ? [item.value] : [],
  );
}

function substituteNode(node: Node, schema: JsonSchema | undefined, path: Path, how: Substitution): Node {
  if (node.kind === 'scalar') return substituteScalar(node, schema, path, how);
  if (node.kind === 'list') {
    const items = node.items.map((item, index) => substituteNode(item, schema?.items, [...path, index], how));
    return { ...node, items };
  }
  const entries = node.entries.map((entry) => ({
    ...entry,
    value: substituteNode(entry.value, childSchema(schema, entry.key), [...path, entry.key], how),
  }));
  return { ...node, entries };
}

function substituteScalar(
  node: ScalarNode,
  schema: JsonSchema | undefined,
  path: Path,
  how: Substitution,
): Node {
  if (typeof node.value !== 'string' || !node.value.includes('${')) return node;
  const used: (readonly [name: string, value: string])[] = [];
  const text = node.value.replace(/\$\{([A-Za-z_][A-Za-z0-9_]*)\}/g, (literal, name: string) => {
    if (!how.names.includes(name)) {
      warnOfNearMiss(name, path, how);
      return literal;
    }
    const value = how.environment[name];
    if (value !== undefined) {
      used.push([name, value]);
      return value;
    }
    how.findings.push({
      path,
      found: `the environment variable ${name} is not set`,
      expected: 'it to be set, or not to be listed in `environment`',
    });
    return literal;
  });
  const isFree = schema?.type === undefined && schema?.enum === undefined;
  how.uses.push(...used.map(([name, value]) => ({ name, value, path, text, isFree })));
  return text === node.value ? node : { ...node, value: typed(text, schema?.type), substituted: true };
}

function warnOfNearMiss(name: string, path: Path, how: Substitution): void {
  const hint = didYouMean(name, how.names);
  if (hint !== undefined)
    how.findings.push({
      path,
      found: `\${${name}} stays as it is, since \`environment\` does not list ${name}`,
      expected: 'a listed variable',
      hint,
      severity: 'warning',
    });
}

/** A variable's value is text; where the field is a number or a switch it becomes one. */
function typed(text: string, type: string | undefined): unknown {
  if ((type === 'integer' || type === 'number') && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  return text;
}
