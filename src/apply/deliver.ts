import { type Artifact, type Blob, blobsOf } from '../bundle/artifact.js';
import { type Crew, checkpoint } from './crew.js';
import { tidyScript } from './receive-script.js';
import { runTransfer } from './run-transfer.js';
import { type Sending, sendBlob, sendSmallBlobs } from './send-blobs.js';

/** Blobs on their way to one host, one after another. */
export interface Delivery {
  /** Resolves when the host has every blob of an artifact. @throws Failure of the first that did not come */
  arrived(artifact: Artifact): Promise<void>;
  /** Stops what is still under way. */
  end(): Promise<void>;
}

/** Blobs up to this size travel together: one by one, each would cost two round trips. */
const small = 256 << 10;

/** What an artifact is called, for people. */
export const artifactName = (artifact: Artifact): string =>
  artifact.kind === 'binary' ? artifact.path : artifact.ref;

interface Load {
  readonly artifact: Artifact;
  readonly blobs: readonly Blob[];
}

/** Begins to send a host what it lacks of these artifacts; what earlier runs left half-way is gone on with. */
export function deliver(crew: Crew, host: string, artifacts: readonly Artifact[]): Delivery {
  const stopping = new AbortController();
  const signal = AbortSignal.any([crew.session.abort, stopping.signal]);
  const waits = new Map<string, Promise<void>>();
  let before = tidy(crew, host, signal);
  for (const { load, send } of parcels(crew, host, lacking(crew, host, artifacts), signal)) {
    before = before.then(() => {
      checkpoint(crew, `sending ${artifactName(load[0]!.artifact)}`);
      return crew.uplink.lane(send);
    });
    for (const { blobs } of load) for (const { sha256 } of blobs) waits.set(sha256, before);
  }
  // Whoever waits for a blob hears of the failure; when nobody does any more, it has been told already.
  before.catch(() => undefined);
  for (const wait of waits.values()) wait.catch(() => undefined);
  return {
    arrived: async (artifact) => {
      await Promise.all(blobsOf(artifact).map(({ sha256 }) => waits.get(sha256)));
    },
    end: async () => {
      stopping.abort();
      await before.catch(() => undefined);
    },
  };
}

/** What has to be sent, each blob once, with the first artifact that it belongs to. */
function lacking({ facts }: Crew, host: string, artifacts: readonly Artifact[]): readonly Load[] {
  const seen = new Set<string>();
  const content = new Set(facts.get(host)!.content);
  return artifacts.map((artifact) => ({
    artifact,
    blobs: blobsOf(artifact).filter(({ sha256 }) => {
      const needed = !seen.has(sha256) && !(artifact.kind === 'image' && content.has(sha256));
      if (needed) seen.add(sha256);
      return needed;
    }),
  }));
}

interface Parcel {
  readonly load: readonly Load[];
  readonly send: () => Promise<void>;
}

function parcels(crew: Crew, host: string, loads: readonly Load[], signal: AbortSignal): readonly Parcel[] {
  const begun = crew.facts.get(host)!.incoming;
  const offsetOf = ({ sha256 }: Blob) => begun[`${sha256}.part`] ?? begun[sha256] ?? 0;
  const isSmall = (blob: Blob) => blob.size <= small && offsetOf(blob) === 0;
  const light = loads
    .map(({ artifact, blobs }) => ({ artifact, blobs: blobs.filter(isSmall) }))
    .filter(({ blobs }) => blobs.length > 0);
  const sendingOf = senderTo(crew, host, loads, signal);
  const first: Parcel[] =
    light.length === 0
      ? []
      : [
          {
            load: light,
            send: () =>
              sendSmallBlobs(
                sendingOf(light[0]!.artifact),
                light.flatMap(({ blobs }) => blobs),
              ),
          },
        ];
  const others = loads.flatMap(({ artifact, blobs }) =>
    blobs
      .filter((blob) => !isSmall(blob))
      .map((blob): Parcel => {
        const offset = Math.min(offsetOf(blob), blob.size);
        return {
          load: [{ artifact, blobs: [blob] }],
          send: () => sendBlob(sendingOf(artifact), blob, offset),
        };
      }),
  );
  return [...first, ...others];
}

/** Gives, for an artifact, how its blobs are sent, telling how much of it is on its way. */
function senderTo(crew: Crew, host: string, loads: readonly Load[], signal: AbortSignal) {
  const { session, transports, uplink, lockId } = crew;
  const sent = new Map<Artifact, number>();
  return (artifact: Artifact): Sending => ({
    transport: transports.get(host)!,
    uplink,
    lockId,
    what: artifactName(artifact),
    phase: artifact.kind === 'binary' ? 'binaries' : 'images',
    signal,
    onSent: (bytes) => {
      sent.set(artifact, (sent.get(artifact) ?? 0) + bytes);
      const total = loads
        .find((load) => load.artifact === artifact)!
        .blobs.reduce((sum, { size }) => sum + size, 0);
      session.emit({
        event: 'transfer',
        host,
        artifact: artifactName(artifact),
        sent: Math.min(total, sent.get(artifact)!),
        total,
      });
    },
  });
}

/** What earlier runs left and no artifact of this one needs only takes room. */
async function tidy(
  { facts, transports, artifacts, lockId }: Crew,
  host: string,
  signal: AbortSignal,
): Promise<void> {
  const wanted = new Set(artifacts.list.flatMap((artifact) => blobsOf(artifact).map(({ sha256 }) => sha256)));
  const names = Object.keys(facts.get(host)!.incoming).filter(
    (name) => !wanted.has(name.replace(/\.part$/, '')),
  );
  if (names.length === 0) return;
  const script = tidyScript(names, lockId);
  await runTransfer(transports.get(host)!, { script, what: 'artifacts', phase: 'binaries', signal });
}
