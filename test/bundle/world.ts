import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { type ResolveOptions, resolveArtifacts } from '../../src/bundle/artifacts.js';
import { sharedReads } from '../../src/bundle/shared-reads.js';
import { type Arch, type Artifact, type Artifacts, type Blob, blobsOf } from '../../src/desired/artifact.js';
import type { Inventory } from '../../src/inventory/inventory.js';
import { inventorySchema } from '../../src/inventory/schema.js';
import {
  inventoryMirrors,
  practiceContent,
  startUpstream,
  type Upstream,
  type UpstreamContent,
  type UpstreamOptions,
} from '../../src/practice/upstream/upstream.js';

/** A checked inventory of one host with these fields of its spec. */
export function inventoryWith(spec: Readonly<Record<string, unknown>> = {}, directory = '/'): Inventory {
  const document = inventorySchema.parse({
    apiVersion: 'podstrap.io/v1alpha1',
    kind: 'Cluster',
    metadata: { name: 'test' },
    spec: {
      kubernetesVersion: 'v1.36.3',
      hosts: [{ name: 'a', address: '10.0.0.1', roles: ['control-plane'] }],
      ...spec,
    },
  });
  return {
    ...document,
    directory,
    file: 'cluster.yaml',
    placeOf: () => 'cluster.yaml',
    patches: [],
    addons: [],
    staticPods: [],
    secrets: new Map(),
    hidden: [],
    files: new Map(),
  } as never;
}

/** A directory of its own that is gone after the test. */
export async function scratch(): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'podstrap-bundle-'));
  onTestFinished(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Starts an upstream that is stopped after the test. */
export async function upstreamOf(content: UpstreamContent, options?: UpstreamOptions): Promise<Upstream> {
  const upstream = await startUpstream(content, options);
  onTestFinished(() => upstream.close());
  return upstream;
}

export interface World {
  readonly content: UpstreamContent;
  readonly upstream: Upstream;
  readonly cacheDirectory: string;
  readonly inventory: Inventory;
  resolve(options?: Partial<ResolveOptions>): Promise<Artifacts>;
}

export interface WorldOptions extends UpstreamOptions {
  readonly padding?: number;
  readonly archs?: readonly Arch[];
  readonly spec?: Readonly<Record<string, unknown>>;
  /** Registries that the upstream stands in for, beside Kubernetes' own. */
  readonly registries?: readonly string[];
  /** More fields of the registry in the inventory. */
  readonly registry?: Readonly<Record<string, unknown>>;
  /** What the upstream offers instead of the usual. */
  readonly remake?: (content: UpstreamContent) => UpstreamContent;
}

/** An upstream of practice content, an empty cache, and an inventory that points to them. */
export async function world({
  padding = 0,
  archs = ['amd64', 'arm64'],
  spec = {},
  registry = {},
  registries: others = [],
  remake = (usual) => usual,
  ...options
}: WorldOptions = {}): Promise<World> {
  const content = remake(await practiceContent(inventoryWith(spec), { padding, archs }));
  const upstream = await upstreamOf(content, options);
  const cacheDirectory = await scratch();
  const mirrors = inventoryMirrors(upstream.url);
  const stand = { ...mirrors.registries['registry.k8s.io'], ...registry };
  const registries = Object.fromEntries(['registry.k8s.io', ...others].map((name) => [name, stand]));
  const artifacts = { ...(spec['artifacts'] as object), mirrors: mirrors.mirrors, registries };
  const inventory = inventoryWith({ ...spec, artifacts }, cacheDirectory);
  return {
    content,
    upstream,
    cacheDirectory,
    inventory,
    resolve: (more) =>
      resolveArtifacts({
        inventory,
        archs: ['amd64'],
        cacheDirectory,
        environment: {},
        retryDelays: [0, 0, 0],
        ...more,
      }),
  };
}

/** All bytes that a stream gives. */
export async function bytesOf(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const pieces: Uint8Array[] = [];
  for await (const piece of stream) pieces.push(piece);
  return Buffer.concat(pieces);
}

/** The bytes of an artifact: of a binary its file, of an image its blobs, one behind the other. */
export const contentOf = async (artifacts: Artifacts, artifact: Artifact): Promise<Buffer> =>
  Buffer.concat(await Promise.all(blobsOf(artifact).map((blob) => bytesOf(readBlob(blob, artifacts)))));

/** The bytes of one blob. */
export async function* readBlob(blob: Blob, artifacts: Artifacts): AsyncIterable<Uint8Array> {
  const reads = sharedReads(artifacts);
  yield* reads.read(blob, 0);
  await reads.close();
}

export const nameOf = (artifact: Artifact): string =>
  artifact.kind === 'binary' ? artifact.path : artifact.ref;
