import { composeDocument } from '../document/compose-document.js';
import type { Node } from '../document/node.js';
import type { DocumentKind } from './document-kinds.js';

/** What a document says it describes; a cluster where it says nothing that is understood. Pure. */
export function kindIn(root: Node): DocumentKind {
  const kind = root.kind === 'map' && root.entries.find(({ key }) => key === 'kind')?.value;
  return kind && kind.kind === 'scalar' && /^fleets?$/i.test(String(kind.value)) ? 'Fleet' : 'Cluster';
}

/** The same of the text of an inventory, whatever else is wrong with it. Pure. */
export function kindOf(text: string): DocumentKind {
  const { root } = composeDocument(text.replace(/^\uFEFF/, ''));
  return root === undefined ? 'Cluster' : kindIn(root);
}
