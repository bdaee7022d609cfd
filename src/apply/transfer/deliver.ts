import { type Artifact, type Blob, blobsOf } from '../../desired/artifact.js';
import { type Crew, checkpoint } from '../crew.js';
import { isSmall, type Load, lacking, offsetOf } from './lacking.js';
import { unmeasuredLine } from './line.js';
import { tidyScript } from './receive-script.js';
import { relayPrefix } from './relay-script.js';
import { runTransfer } from './run-transfer.js';
import { type Sending, sendBlob, sendSmallBlobs } from './send-blobs.js';

/** Blobs on their way to one host, one after another. */
export interface Delivery {
  /** Resolves when the host has every blob of an artifact. @throws Failure of the first that did not come */
  arrived(artifact: Artifact): Promise<void>;
  /** Stops what is still under way. */
  end(): Promise<void>;
}

/** What an artifact is called, for people. */
export const artifactName = (artifact: Artifact): string =>
  artifact.kind === 'binary' ? artifact.path : artifact.ref;

/** Begins to send a host what it lacks of these artifacts; what earlier runs left half-way is gone on with. */
export function deliver(crew: Crew, host: string, artifacts: readonly Artifact[]): Delivery {
  const stopping = new AbortController();
  const signal = AbortSignal.any([crew.session.abort, stopping.signal]);
  const waits = new Map<string, Promise<void>>();
  const loads = lacking(crew.facts.get(host)!, artifacts, crew.ahead?.get(host));
  let before = tidy(crew, host, signal);
  for (const { load, send } of parcels(crew, host, loads, signal)) {
    before = before.then(() => {
      checkpoint(crew, `sending ${artifactName(load[0]!.artifact)}`);
      return send();
    });
    for (const { blobs } of load) for (const { sha256 } of blobs) waits.set(sha256, before);
  }
  // Whoever waits for a blob hears of the failure; when nobody does any more, it has been told already.
  before.catch(() => undefined).finally(() => crew.relay?.ended(host));
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

interface Parcel {
  readonly load: readonly Load[];
  readonly send: () => Promise<void>;
}

function parcels(crew: Crew, host: string, loads: readonly Load[], signal: AbortSignal): readonly Parcel[] {
  const facts = crew.facts.get(host)!;
  const light = loads
    .map(({ artifact, blobs }) => ({ artifact, blobs: blobs.filter((blob) => isSmall(blob, facts)) }))
    .filter(({ blobs }) => blobs.length > 0);
  const sendingOf = senderTo(crew, host, loads, signal);
  const first: Parcel[] =
    light.length === 0
      ? []
      : [
          {
            load: light,
            send: () =>
              crew.uplink.lane(() =>
                sendSmallBlobs(
                  sendingOf(light[0]!.artifact),
                  light.flatMap(({ blobs }) => blobs),
                ),
              ),
          },
        ];
  const others = loads.flatMap(({ artifact, blobs }) =>
    blobs
      .filter((blob) => !isSmall(blob, facts))
      .map(
        (blob): Parcel => ({
          load: [{ artifact, blobs: [blob] }],
          send: () => bring(crew, sendingOf(artifact), blob, Math.min(offsetOf(blob, facts), blob.size)),
        }),
      ),
  );
  return [...first, ...others];
}

/** Brings a blob from another host where that is possible, from this machine otherwise. */
async function bring({ relay, uplink }: Crew, sending: Sending, blob: Blob, offset: number): Promise<void> {
  const have = relay === undefined ? offset : await relay.fetch(sending, blob, offset);
  // Those who wait for another host, or are fed by it, take none of the lanes.
  if (have !== 'whole') await uplink.lane(() => sendBlob(sending, blob, have));
  await relay?.arrived(sending.transport.host, blob);
}

/** Gives, for an artifact, how its blobs are sent, telling how much of it is on its way. */
function senderTo(crew: Crew, host: string, loads: readonly Load[], signal: AbortSignal) {
  const { session, transports, uplink, lock } = crew;
  const sent = new Map<Artifact, number>();
  const line = unmeasuredLine();
  return (artifact: Artifact): Sending => ({
    transport: transports.get(host)!,
    uplink,
    line,
    lockId: lock.id,
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
  { facts, ahead, transports, artifacts, lock }: Crew,
  host: string,
  signal: AbortSignal,
): Promise<void> {
  if (ahead?.has(host)) return;
  const wanted = new Set(artifacts.list.flatMap((artifact) => blobsOf(artifact).map(({ sha256 }) => sha256)));
  const names = Object.keys(facts.get(host)!.incoming).filter(
    (name) => !name.startsWith(relayPrefix) && !wanted.has(name.replace(/\.part$/, '')),
  );
  if (names.length === 0) return;
  const script = tidyScript(names, lock.id);
  await runTransfer(transports.get(host)!, { script, what: 'artifacts', phase: 'binaries', signal });
}
