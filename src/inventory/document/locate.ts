import type { Path } from '../path.js';
import type { Node } from './node.js';

/** Where a path ends in a document. */
export interface Location {
  /** The node itself; undefined when it is missing, and the rest then tells about its nearest ancestor. */
  readonly node: Node | undefined;
  /** Offset of the value, or of the nearest ancestor. */
  readonly at: number;
  /** Offset of the key, where there is one; else as `at`. */
  readonly keyAt: number;
}

export function locate(root: Node, path: Path): Location {
  let node = root;
  let keyAt = root.at;
  for (const step of path) {
    const child = childOf(node, step);
    if (child === undefined) return { node: undefined, at: node.at, keyAt };
    node = child.value;
    keyAt = child.keyAt;
  }
  return { node, at: node.at, keyAt };
}

function childOf(node: Node, step: string | number): { value: Node; keyAt: number } | undefined {
  if (node.kind === 'map') return node.entries.find(({ key }) => key === step);
  if (node.kind !== 'list' || typeof step !== 'number') return undefined;
  const value = node.items[step];
  return value && { value, keyAt: value.at };
}
