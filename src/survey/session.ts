import { type Kube, kubeClient } from '../cluster/kube.js';
import type { Arch, Artifacts } from '../desired/artifact.js';
import type { Emit } from '../events.js';
import type { Failure } from '../failure.js';
import { controlPlanes, type Host, type Inventory, type SourceText } from '../inventory/inventory.js';
import type { ClusterRecord } from '../observed/facts.js';
import type { RunRecord } from '../observed/memory/run-record.js';
import type { Keys } from '../pki/keys.js';
import type { RingStore } from '../pki/store/ring-file.js';
import type { KeptPair } from '../plan/diff/kept-pairs.js';
import type { RolloutRecord } from '../plan/rollout/rollout-record.js';
import type { Transport } from '../transport/transport.js';

/** The operator's memory of what was settled at the cluster's birth. */
export interface RecordStore {
  load(): Promise<ClusterRecord | undefined>;
  /** Durable when it returns. */
  save(record: ClusterRecord): Promise<void>;
  remove(): Promise<void>;
}

/** Something that control planes say, and that nobody but the operator can vouch for. */
export interface Claim {
  /** `the cluster’s record` */
  readonly what: string;
  /** What is going on, for failures. */
  readonly doing: string;
  /** Hex SHA-256. */
  readonly digest: string;
  /** Who says so. */
  readonly hosts: readonly string[];
  /** How many control planes there are. */
  readonly of: number;
  readonly shown: string;
}

/** How the operator stands for what hosts say. */
export interface Vouching {
  /** Digests that were accepted on the command line. */
  readonly accepted: readonly string[];
  /** Comes back when the operator stands for it, or where nothing is changed by it. @throws Failure when not, or when nobody can be asked */
  ask(claim: Claim): Promise<void>;
  /** False where what is believed is only looked at, and not to be remembered. */
  readonly remembers: boolean;
}

/** What a run has led to, as the operator's own machine remembers it: with the secrets of its inventory. */
export interface OwnGeneration {
  readonly record: RunRecord;
  readonly sources: readonly SourceText[];
}

/** The operator's memory of runs that were finished. */
export interface GenerationStore {
  load(run: string): Promise<OwnGeneration | undefined>;
  /** Names of runs, oldest first. */
  list(): Promise<readonly string[]>;
  /** Durable, and readable by the operator alone, when it returns. */
  save(generation: OwnGeneration): Promise<void>;
  /** Forgets all others. */
  keepOnly(runs: readonly string[]): Promise<void>;
}

/** Where snapshots of etcd are kept on the operator's machine. */
export interface SnapshotStore {
  /** Bytes that its disk has room for. */
  room(): Promise<number>;
  /**
   * Durable, and readable by the operator alone, when it returns; nothing is left of one that does not arrive whole.
   * @param name safe in a file's name, sorts by time
   * @returns where it is
   */
  save(name: string, bytes: AsyncIterable<Uint8Array>): Promise<string>;
}

/** A snapshot of etcd on the operator's machine. */
export interface SavedSnapshot {
  readonly path: string;
  /** True when it ends with its hash, and is whole by it; false for a copy of a member's own file. */
  readonly hashed: boolean;
  /** Bytes. */
  readonly size: number;
  readonly sha256: string;
  readonly savedAt: Date;
  bytes(): AsyncIterable<Uint8Array>;
}

/** The operator's memory of a fleet's roll-outs. */
export interface RolloutStore {
  load(): Promise<RolloutRecord | undefined>;
  /** Durable when it returns. */
  save(record: RolloutRecord): Promise<void>;
  remove(): Promise<void>;
  /** Does what follows from the record while nobody else does. @throws Failure `locked` */
  alone<T>(work: () => Promise<T>): Promise<T>;
}

/** Everything that a command works with. The clock, the streams of events and the ways to hosts are arguments. */
export interface Session {
  readonly inventory: Inventory;
  readonly keys: Keys;
  readonly record: RecordStore;
  /** Keys that data in etcd are encrypted with. */
  readonly ring: RingStore;
  /** Hosts with another authority get the one of this keystore: theirs is lost. */
  readonly replacesAuthority?: boolean;
  readonly generations: GenerationStore;
  readonly rollouts: RolloutStore;
  readonly vouching: Vouching;
  readonly snapshots: SnapshotStore;
  /**
   * Control planes whose API server listens elsewhere than the inventory says: noted from the manifests that are there, and
   * forgotten as soon as one has been changed. Who dials an API server asks `apiPortOn`, and nobody else.
   */
  readonly apiPorts: Map<string, number>;
  /** Opens connections; a host that cannot be reached gives its Failure instead. */
  connect(hosts: readonly Host[]): Promise<ReadonlyMap<string, Transport | Failure>>;
  /** What hosts of these architectures need, resolved to digests. */
  artifacts(archs: readonly Arch[]): Promise<Artifacts>;
  /** Bytes per second that artifacts may take of the operator's uplink, all hosts together. Default: no limit. */
  readonly maxUpload?: number;
  /**
   * Notes in the keystore which pairs of these hosts another operator has renewed, so that they are not renewed once more.
   * Where there are none, earlier notes go.
   */
  noteKept?(hosts: readonly string[], kept: readonly KeptPair[]): Promise<void>;
  /** Stores the certificates whose renewal was asked for: the plan was approved that brings them to the hosts. */
  keepRenewed?(): Promise<void>;
  readonly emit: Emit;
  readonly now: () => Date;
  /** Identity of this run: sortable, and safe in paths. */
  readonly run: string;
  /** user@machine and command, for the lock. */
  readonly owner: string;
  /** podstrap's own. */
  readonly version: string;
  /** Set by the first Ctrl-C: stop before the next step. */
  readonly stop: AbortSignal;
  /** Set by the second Ctrl-C: stop now. */
  readonly abort: AbortSignal;
}

/** The port at which the API server of a host listens now. */
export const apiPortOn = ({ inventory, apiPorts }: Session, host: string): number =>
  apiPorts.get(host) ?? inventory.spec.apiServer.bindPort;

/** Notes where the API server of a host listens until it is changed. @param port by the manifest that is there */
export function noteApiPort({ inventory, apiPorts }: Session, host: string, port: number | undefined): void {
  if (port === undefined || port === inventory.spec.apiServer.bindPort) apiPorts.delete(host);
  else apiPorts.set(host, port);
}

/** The API server of one control plane, as podstrap's own client. */
export const kubeOn = (session: Session, transport: Transport, host: Host): Kube =>
  kubeClient(
    transport,
    { address: host.advertiseAddress, port: apiPortOn(session, host.name) },
    session.keys.authorities.ca,
    session.keys.operator['super-admin'],
  );

/** A connection to an API server that was begun before anybody had a question. */
export interface BegunApi {
  readonly transport: Transport;
  readonly port: number;
  readonly kube: Kube;
}

/** Begins to connect to the API server that `firstAnswer` will ask first, while hosts are looked at. */
export function beginApi(session: Session, transports: ReadonlyMap<string, Transport>): BegunApi | undefined {
  const host = controlPlanes(session.inventory).find(({ name }) => transports.has(name));
  if (host === undefined) return undefined;
  const transport = transports.get(host.name)!;
  const kube = kubeOn(session, transport, host);
  kube.begin();
  return { transport, port: apiPortOn(session, host.name), kube };
}

/**
 * Asks the API server of one control plane after another, until one answers.
 * @param begun is used where it still leads to the server in question
 * @returns its answer, or what all of them said
 */
export async function firstAnswer<T>(
  session: Session,
  transports: ReadonlyMap<string, Transport>,
  ask: (kube: Kube) => Promise<T>,
  begun?: BegunApi,
): Promise<{ readonly answer: T } | { readonly said: string }> {
  const said: string[] = [];
  for (const host of controlPlanes(session.inventory)) {
    const transport = transports.get(host.name);
    if (transport === undefined) continue;
    const isBegun = begun?.transport === transport && begun.port === apiPortOn(session, host.name);
    const kube = isBegun ? begun.kube : kubeOn(session, transport, host);
    try {
      return { answer: await ask(kube) };
    } catch (error) {
      // The next control plane may answer.
      said.push((error as Error).message);
    } finally {
      kube.close();
    }
  }
  return { said: said.join('; ') };
}
