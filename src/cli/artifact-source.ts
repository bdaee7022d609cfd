import { homedir } from 'node:os';
import { resolve } from 'node:path';
import { resolveArtifacts } from '../bundle/artifacts.js';
import { bundleArtifacts } from '../bundle/file/open-bundle.js';
import { verifyBundle } from '../bundle/file/verify-bundle.js';
import type { Emit } from '../events.js';
import type { Inventory } from '../inventory/inventory.js';
import { resolvePath } from '../inventory/reading/files.js';
import type { Session } from '../survey/session.js';
import { cacheDirectoryOf } from './files/cache-directory.js';

/** How artifacts get to the hosts, as the command line says it. */
export interface ArtifactSourceOptions {
  /** File of the bundle that everything comes from. Default: the cache, filled from the network. */
  readonly bundle?: string;
  /** Bytes per second, over all hosts together. */
  readonly maxUpload?: number;
}

/**
 * What gives a session its artifacts. A bundle is verified once, beginning now, while hosts are connected to and looked at:
 * after that everything comes from this file, and nobody else is asked for anything.
 * @param signal ends the verification, too, of a run that has ended without it
 */
export function artifactSource(
  inventory: Inventory,
  { bundle: file }: ArtifactSourceOptions,
  emit: Emit,
  signal: AbortSignal,
): Session['artifacts'] {
  if (file === undefined)
    return async (archs) => {
      const artifacts = await resolveArtifacts({
        inventory,
        archs,
        cacheDirectory: cacheDirectoryOf(inventory),
        signal,
        onProgress: ({ artifact, received, total }) => emit({ event: 'fetch', artifact, received, total }),
      });
      for (const { where, message } of artifacts.lacking ?? [])
        emit({
          event: 'warning',
          message: `an addon mentions the image ${where.step}, which hosts do not get: ${message}`,
        });
      return artifacts;
    };
  const { publicKeyFile } = inventory.spec.artifacts.bundle;
  const keyFile =
    publicKeyFile && resolvePath(publicKeyFile, { directory: inventory.directory, home: homedir() });
  const verified = verifyBundle(resolve(file), {
    trust: keyFile === undefined ? undefined : { keyFile },
    onBytes: (checked, total) => emit({ event: 'verify', file, checked, total }),
    signal,
  });
  // Who asks for artifacts hears of it; a run that fails before says why it did.
  verified.catch(() => undefined);
  return async (archs) => bundleArtifacts(await verified, inventory, archs);
}
