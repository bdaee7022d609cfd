import type { z } from 'zod';
import { didYouMean } from '../did-you-mean.js';
import { locate } from '../document/locate.js';
import type { Node, ScalarNode } from '../document/node.js';
import { isSecret } from '../is-secret.js';
import { childSchema, type JsonSchema } from '../json-schema.js';
import type { Path } from '../path.js';
import type { Finding } from './finding.js';
import { judge, suggestFix } from './suggest-fix.js';

type Issue = z.core.$ZodIssue;

/** What zod found, in our words. `root` is the document that was checked and `schema` its definition. */
export const schemaFindings = (
  issues: readonly Issue[],
  root: Node,
  schema: JsonSchema,
): readonly Finding[] =>
  issues.map((issue) => {
    const path = issue.path as Path;
    const definition = path.reduce<JsonSchema | undefined>(childSchema, schema);
    const { node, keyAt } = locate(root, path);
    if (node === undefined) return { path, expected: meaningOf(definition) };
    // The key of a record is wrong, not its value.
    if (issue.code === 'invalid_key') {
      const key = String(path.at(-1));
      const [nested] = issue.issues;
      const expected = nested?.message ?? 'another key';
      return { path, at: keyAt, found: JSON.stringify(key), expected, hint: suggestFix(path, key, 'key') };
    }
    if (isHidden(node, path)) return { path, expected: expectation(issue, definition) };
    if (issue.code === 'invalid_type' && issue.expected === 'string' && isUnquoted(node))
      return { path, ...unquoted(path, node.written) };
    const value = node.kind === 'scalar' ? node.value : undefined;
    return { path, expected: expectation(issue, definition), hint: hintFor(path, value, definition) };
  });

function hintFor(path: Path, value: unknown, definition: JsonSchema | undefined): string | undefined {
  if (typeof value !== 'string') return undefined;
  const choices = definition?.enum ?? (definition?.const === undefined ? [] : [definition.const]);
  return didYouMean(value, choices.map(String)) ?? suggestFix(path, value);
}

/** A number or a switch where text is asked for: often all that it lacks is quotes. */
function unquoted(path: Path, written: string): Pick<Finding, 'expected' | 'hint'> {
  const complaint = judge(path, written);
  if (complaint === undefined) return { expected: 'text', hint: `write it in quotes: "${written}"` };
  return { expected: complaint, hint: suggestFix(path, written) };
}

/** A hint would give it away. */
const isHidden = (node: Node, path: Path): boolean =>
  isSecret(path) || (node.kind === 'scalar' && node.substituted === true);

const isUnquoted = (node: Node): node is ScalarNode =>
  node.kind === 'scalar' && (typeof node.value === 'number' || typeof node.value === 'boolean');

/** For a field that is missing: what it is for, rather than what type it has. */
function meaningOf(definition: JsonSchema | undefined): string {
  const { description } = definition ?? {};
  if (description === undefined) return describe(definition ?? {});
  const isName = /^([A-Z]{2}|Kubernetes|CoreDNS)/.test(description);
  return isName ? description : `${description[0]!.toLowerCase()}${description.slice(1)}`;
}

/** What would be right, in the words of the check itself or else of the definition. */
function expectation(issue: Issue, definition: JsonSchema | undefined): string {
  if (issue.code === 'invalid_format' || issue.code === 'custom') return issue.message;
  return describe(definition ?? {});
}

const kinds: Readonly<Record<string, string>> = {
  string: 'text',
  integer: 'a whole number',
  boolean: 'true or false',
  object: 'a mapping',
  array: 'a list',
};

function describe(definition: JsonSchema): string {
  if (definition.const !== undefined) return String(definition.const);
  if (definition.enum !== undefined) return definition.enum.map((each) => String(each) || '""').join(', ');
  if (definition.type === 'integer')
    return `a whole number from ${definition.minimum} to ${definition.maximum}`;
  if (definition.type === 'array' && definition.minItems) return 'a list with at least one item';
  if (definition.maxLength !== undefined) return `text of at most ${definition.maxLength} characters`;
  if (definition.type === 'string' && definition.minLength) return 'text that is not empty';
  return kinds[definition.type ?? ''] ?? 'another value';
}
