import type { Arch, Artifact, Artifacts } from '../desired/artifact.js';
import { Failure, Failures } from '../failure.js';
import type { Inventory } from '../inventory/inventory.js';
import { lanes } from '../lanes.js';
import { openCache } from './cache.js';
import { type WantedArtifact, wantedArtifacts } from './catalog.js';
import type { Fetching } from './fetch/fetching.js';
import { openHttp } from './fetch/http.js';
import { openRegistries } from './fetch/registry.js';
import { resolveBinaries } from './resolve-binaries.js';
import { resolveExtraFile } from './resolve-extra-file.js';
import { resolveImage } from './resolve-image.js';

export interface FetchProgress {
  /** Which one, for people: `kubelet v1.36.3 amd64`. */
  readonly artifact: string;
  /** Bytes. */
  readonly received: number;
  /** Bytes; undefined while it is not known. */
  readonly total: number | undefined;
}

export interface ResolveOptions {
  readonly inventory: Inventory;
  readonly archs: readonly Arch[];
  readonly cacheDirectory: string;
  readonly onProgress?: (progress: FetchProgress) => void;
  readonly signal?: AbortSignal;
  /** Use the cache only. */
  readonly offline?: boolean;
  /** For HTTPS_PROXY, HTTP_PROXY and NO_PROXY. Default: the process's. */
  readonly environment?: Readonly<Record<string, string | undefined>>;
  /** Milliseconds to wait before each further attempt after an error that may pass. */
  readonly retryDelays?: readonly number[];
}

const defaultDelays = [500, 1000, 2000, 4000, 8000];
const downloadsAtOnce = 4;

/**
 * Everything that hosts of these architectures need, in the local cache and known by digest. What the cache has under
 * the same address is not asked for again. What is optional may be lacking.
 * @throws Failure `artifact`, `inventory`, `interrupted`; Failures when several artifacts failed for different reasons
 */
export async function resolveArtifacts(options: ResolveOptions): Promise<Artifacts> {
  const { inventory, archs, cacheDirectory, signal, environment = process.env } = options;
  const wanted = wantedArtifacts(inventory, archs);
  const cache = await openCache(cacheDirectory);
  const http = openHttp({ environment, signal });
  const registries = openRegistries({ inventory, environment, signal });
  const fetching: Fetching = {
    cache,
    http,
    retry: { delays: options.retryDelays ?? defaultDelays, signal },
    lane: lanes(downloadsAtOnce),
    underWay: new Map(),
    signal,
  };
  const resolve = async (one: WantedArtifact): Promise<readonly Artifact[]> => {
    const context = { fetching, offline: options.offline ?? false, onBytes: teller(one, options.onProgress) };
    if (one.kind === 'extra-file') return [await resolveExtraFile(one, inventory, context)];
    if (one.kind !== 'image') return resolveBinaries(one, inventory.spec.artifacts.mirrors, context);
    return [await resolveImage(one, registries, context)];
  };
  try {
    const lacking: Failure[] = [];
    const resolveOne = (one: WantedArtifact) =>
      one.kind === 'image' && one.optional
        ? resolve(one).catch((error: unknown) => {
            if (!(error instanceof Failure) || error.kind !== 'artifact') throw error;
            lacking.push(error.at({ step: labelOf(one) }));
            return [];
          })
        : resolve(one);
    const list = (await allOrFailures(wanted.map((one) => [labelOf(one), resolveOne(one)] as const))).flat();
    return { list, lacking, place: (sha256) => ({ file: cache.path(sha256), start: 0 }) };
  } finally {
    await Promise.all([http.close(), registries.close()]);
  }
}

/** What an artifact is called in progress reports and failures. */
export function labelOf(wanted: WantedArtifact): string {
  if (wanted.kind === 'image') return `${wanted.ref} ${wanted.arch}`;
  return wanted.kind === 'extra-file'
    ? `${wanted.source} ${wanted.arch}`
    : `${wanted.name} ${wanted.version} ${wanted.arch}`;
}

const tellEvery = 1 << 20;

/** Passes progress on once per MiB and at the end. */
function teller(wanted: WantedArtifact, onProgress: ResolveOptions['onProgress']) {
  const artifact = labelOf(wanted);
  let told: number | undefined;
  return (received: number, total: number | undefined): void => {
    const due = told === undefined || received < told || received - told >= tellEvery;
    if (!due && (received !== total || told === received)) return;
    told = received;
    onProgress?.({ artifact, received, total });
  };
}

/**
 * Waits for all of them. A failure says which artifact it is about; one that several share, such as a server that
 * cannot be reached, is reported once.
 */
async function allOrFailures<T>(promises: readonly (readonly [label: string, Promise<T>])[]): Promise<T[]> {
  const settled = await Promise.allSettled(promises.map(([, promise]) => promise));
  const failures = new Map<string, Failure>();
  for (const [at, one] of settled.entries()) {
    if (one.status === 'fulfilled') continue;
    if (!(one.reason instanceof Failure)) throw one.reason;
    const { message } = one.reason;
    failures.set(message, failures.has(message) ? one.reason : one.reason.at({ step: promises[at]![0] }));
  }
  const distinct = [...failures.values()];
  if (distinct.length === 1) throw distinct[0];
  if (distinct.length > 1) throw new Failures(distinct);
  return settled.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
}
