import type { Artifact, Artifacts } from '../bundle/artifact.js';
import { imageLayout, readBlob } from '../bundle/image-layout.js';
import { Failure } from '../failure.js';
import type { Transport } from '../transport/transport.js';
import { binaryScript, imageScript, wrongDigestCode } from './blob-script.js';
import { lockLostCode } from './fence.js';
import { lastLines, lockLost } from './run-steps.js';

/**
 * Streams one artifact to a host, where it is verified before it takes its name.
 * @param onSent called with the bytes sent so far
 * @throws Failure `apply` (digest, disk, containerd), `locked`, `connection-lost`
 */
export async function sendArtifact(
  transport: Transport,
  artifacts: Artifacts,
  artifact: Artifact,
  lockId: string,
  onSent: (bytes: number) => void,
  signal?: AbortSignal,
): Promise<void> {
  const what = artifact.kind === 'binary' ? artifact.path : artifact.ref;
  const script = artifact.kind === 'binary' ? binaryScript(artifact, lockId) : imageScript(artifact, lockId);
  const bytes = artifact.kind === 'binary' ? readBlob(artifact, artifacts) : imageLayout(artifact, artifacts);
  const { code, stdout, stderr } = await transport.exec({
    script,
    stdin: counted(bytes, onSent),
    ...(signal ? { signal } : {}),
  });
  if (code === 0) return;
  const owner = /^@locked (.*)$/m.exec(stdout)?.[1];
  if (code === lockLostCode && owner !== undefined) throw lockLost(transport.host, owner);
  throw new Failure({
    kind: 'apply',
    doing: `Sending ${what}`,
    where: { host: transport.host, phase: artifact.kind === 'binary' ? 'binaries' : 'images' },
    said: `exit code ${code}: ${lastLines(stderr, 6)}`,
    next:
      code === wrongDigestCode
        ? 'The bytes were damaged on their way or in the cache. Run `podstrap up` again; if it repeats, remove the cache.'
        : 'Nothing of it was left under its final name. Mend the cause on the host, then run `podstrap up` again.',
  });
}

async function* counted(
  bytes: AsyncIterable<Uint8Array>,
  onSent: (bytes: number) => void,
): AsyncIterable<Uint8Array> {
  let sent = 0;
  for await (const chunk of bytes) {
    yield chunk;
    sent += chunk.length;
    onSent(sent);
  }
}
