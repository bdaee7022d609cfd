import type { Blob } from '../../desired/artifact.js';
import { type Descriptor, parseDocument } from '../manifest.js';

/** What these manifests point to, each once, by digest. Indexes among them are passed over. */
export function leavesOf(documents: readonly Uint8Array[]): readonly Blob[] {
  const leaves = new Map<string, Blob>();
  for (const bytes of documents) {
    const document = parseDocument(bytes, undefined);
    if (document?.kind !== 'manifest') continue;
    const { config, layers } = document.manifest;
    for (const descriptor of [config, ...layers]) leaves.set(descriptor.digest, blobOf(descriptor));
  }
  return [...leaves.values()].sort((a, b) => (a.sha256 < b.sha256 ? -1 : 1));
}

export const blobOf = ({ digest, size }: Descriptor): Blob => ({
  sha256: digest.slice('sha256:'.length),
  size,
});
