/** A YAML document with places: offsets into the text it was read from. Aliases and merge keys are resolved. */
export type Node = ScalarNode | ListNode | MapNode;

export interface ScalarNode {
  readonly kind: 'scalar';
  readonly at: number;
  readonly value: unknown;
  /** As it was written. */
  readonly written: string;
  /** It stands without quotes and without a tag: what it is, the reader decides. */
  readonly plain?: true;
  /** The value comes from the environment: it may be a secret, and no message may show it or a part of it. */
  readonly substituted?: true;
}

export interface ListNode {
  readonly kind: 'list';
  readonly at: number;
  readonly items: readonly Node[];
}

export interface MapNode {
  readonly kind: 'map';
  readonly at: number;
  readonly entries: readonly Entry[];
}

export interface Entry {
  readonly key: string;
  readonly keyAt: number;
  readonly value: Node;
}

/** The plain value of a node. */
export function toValue(node: Node): unknown {
  if (node.kind === 'scalar') return node.value;
  if (node.kind === 'list') return node.items.map(toValue);
  return Object.fromEntries(node.entries.map(({ key, value }) => [key, toValue(value)]));
}
