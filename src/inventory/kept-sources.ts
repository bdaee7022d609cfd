import { Secret } from '../secret.js';
import { composeDocument } from './document/compose-document.js';
import { type Node, toValue } from './document/node.js';
import type { SourceText } from './inventory.js';
import type { Path } from './path.js';
import { withoutSecretValues, withSecretValues } from './secret-values.js';

/** A text of an inventory that holds no secrets. */
export interface KeptSource {
  readonly path: string;
  /** JSON. */
  readonly text: string;
}

/** Values that one text may come to, once its aliases are resolved. */
const mostValues = 2_000_000;

/**
 * An inventory with its patches as others may keep it: as JSON, without comments, and with the secrets taken out. The same
 * for texts that were kept so before. Pure.
 * @throws RangeError for what nobody could have written as an inventory
 */
export function keptSources(sources: readonly SourceText[]): readonly KeptSource[] {
  const documents = sources.map(({ text }) => documentOf(text.reveal()));
  const variables = variablesOf(documents[0]);
  return sources.map(({ path }, index) => ({
    path,
    text: JSON.stringify(withoutSecretValues(documents[index], variables), null, 1),
  }));
}

/** A field of a source: its path, and that in the document. */
export type SourceField = readonly [source: string, field: Path];

export interface Completed {
  readonly sources: readonly SourceText[];
  /** Fields whose secrets are those of now. */
  readonly taken: readonly SourceField[];
  /** Fields whose secrets nobody has. */
  readonly missing: readonly SourceField[];
}

/**
 * Kept sources with their secrets as the present inventory has them, wherever the two say the same but for those. Pure.
 * @throws RangeError for what nobody could have written as an inventory
 */
export function completeSources(kept: readonly KeptSource[], present: readonly SourceText[]): Completed {
  const [first, ...patches] = present;
  const now = documentOf(first!.text.reveal());
  const variables = variablesOf(now);
  const completed = kept.map(({ path, text }, index) => {
    const same = patches.find((patch) => patch.path === path);
    const known = index === 0 ? now : same && documentOf(same.text.reveal());
    return { path, ...withSecretValues(documentOf(text), known, variables) };
  });
  const fields = (of: 'taken' | 'missing') =>
    completed.flatMap((one) => one[of].map((field) => [one.path, field] as const));
  return {
    sources: completed.map(({ path, document }) => ({
      path,
      text: new Secret(JSON.stringify(document, null, 1)),
    })),
    taken: fields('taken'),
    missing: fields('missing'),
  };
}

/** The document of a source, with the variables of another: those that it names itself are replaced by nothing. */
export const withVariables = (
  text: Secret,
  variables: readonly string[],
): { text: string; unlisted: readonly string[] } => {
  const document = documentOf(text.reveal());
  const own = variablesOf(document);
  return {
    text: JSON.stringify({ ...(document as object), environment: variables }, null, 1),
    unlisted: own.filter((name) => !variables.includes(name)),
  };
};

function documentOf(text: string): unknown {
  const { root } = composeDocument(text.replace(/^\uFEFF/, ''));
  if (root === undefined) throw new RangeError('it is not a document');
  if (sizeOf(root, new Map()) > mostValues) throw new RangeError('its aliases make it too large');
  return toValue(root);
}

/** How many values a node comes to. An alias leads to the very node that it names, which is counted once and added often. */
function sizeOf(node: Node, known: Map<Node, number>): number {
  const before = known.get(node);
  if (before !== undefined) return before;
  const parts =
    node.kind === 'scalar' ? [] : node.kind === 'list' ? node.items : node.entries.map(({ value }) => value);
  const size = parts.reduce((sum, part) => sum + sizeOf(part, known), 1);
  known.set(node, size);
  return size;
}

const variablesOf = (document: unknown): readonly string[] => {
  const { environment } = (document ?? {}) as { readonly environment?: unknown };
  return Array.isArray(environment) ? environment.filter((name) => typeof name === 'string') : [];
};
