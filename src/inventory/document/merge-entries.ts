import type { Entry, Node } from './node.js';

export interface MergedEntries {
  entries: Entry[];
}

/** Adds what `source`, the value of a merge key, contributes; the first mapping that has a key wins. */
export function mergeEntries(merged: MergedEntries, source: Node, reject: (at: number) => void): void {
  const mappings = source.kind === 'list' ? source.items : [source];
  for (const mapping of mappings) {
    if (mapping.kind !== 'map') {
      reject(mapping.at);
      continue;
    }
    const fresh = mapping.entries.filter(({ key }) => !merged.entries.some((entry) => entry.key === key));
    merged.entries.push(...fresh);
  }
}
