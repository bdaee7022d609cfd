import { open } from 'node:fs/promises';
import type { Artifacts } from '../../desired/artifact.js';
import { sha256Of } from '../cache.js';
import { cannotOpenSource, sourceChanged } from './bundle-failures.js';
import { readWhole } from './read-at.js';

/** The manifests of all images, by their digest (`sha256:…`). */
export async function imageManifests({ list, place }: Artifacts): Promise<ReadonlyMap<string, Buffer>> {
  const manifests = new Map<string, Buffer>();
  for (const artifact of list) {
    if (artifact.kind !== 'image' || manifests.has(artifact.digest)) continue;
    const { sha256, size } = artifact.blobs[0]!;
    const { file, start } = place(sha256);
    const handle = await open(file).catch((cause) => {
      throw cannotOpenSource(file, cause);
    });
    const bytes = await readWhole(handle, start, size).finally(() => handle.close());
    if (sha256Of(bytes) !== sha256) throw sourceChanged(file, sha256);
    manifests.set(artifact.digest, bytes);
  }
  return manifests;
}
