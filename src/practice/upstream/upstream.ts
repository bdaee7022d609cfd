import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { type RegistryAuth, registryGuard } from './upstream-auth.js';
import type { Bytes, UpstreamContent } from './upstream-content.js';
import { memoryBytes } from './upstream-content.js';
import type { Fault } from './upstream-fault.js';
import { serveBytes } from './upstream-serve.js';

export { together } from './upstream-content.js';
export { directoryContent } from './upstream-directory.js';
export { practiceContent } from './upstream-practice.js';
export type { Fault, RegistryAuth, UpstreamContent };

/** A request that was answered. */
export interface SeenRequest {
  readonly method: string;
  readonly path: string;
  /** The Range header, when there was one. */
  readonly range?: string | undefined;
  readonly authorization?: string | undefined;
}

export interface UpstreamOptions {
  /** What the registry part asks for; default: nothing. */
  readonly auth?: RegistryAuth;
  /** PEM; makes it HTTPS. */
  readonly tls?: { readonly key: string; readonly cert: string };
}

/** A running upstream on 127.0.0.1. */
export interface Upstream {
  /** http(s)://127.0.0.1:PORT */
  readonly url: string;
  /** Everything asked for so far, in order. */
  readonly requests: readonly SeenRequest[];
  /** What goes wrong; may be changed at any time. The first fault that fits strikes. */
  readonly faults: Fault[];
  close(): Promise<void>;
}

/**
 * Serves `content` under the very paths of dl.k8s.io, of GitHub's releases and of a registry (distribution protocol),
 * so that the online path can be walked without the internet.
 */
export async function startUpstream(
  content: UpstreamContent,
  options: UpstreamOptions = {},
): Promise<Upstream> {
  const requests: SeenRequest[] = [];
  const faults: Fault[] = [];
  const guard = registryGuard(options.auth);
  const answer = (request: IncomingMessage, response: ServerResponse) => {
    const path = new URL(request.url ?? '/', 'http://upstream').pathname;
    const { range, authorization } = request.headers;
    requests.push({ method: request.method ?? 'GET', path, range, authorization });
    if (guard(request, response)) return;
    const found = find(content, path);
    serveBytes(request, response, path, found, faults);
  };
  const server: Server = options.tls ? createTlsServer(options.tls, answer) : createServer(answer);
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    url: `${options.tls ? 'https' : 'http'}://127.0.0.1:${port}`,
    requests,
    faults,
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

/** What is served at one path. */
export interface Found {
  readonly bytes: Bytes;
  readonly headers: Readonly<Record<string, string>>;
}

function find(content: UpstreamContent, path: string): Found | undefined {
  if (path === '/v2/') return { bytes: memoryBytes('{}'), headers: {} };
  const [, repository, kind, reference] = /^\/v2\/(.+)\/(manifests|blobs)\/([^/]+)$/.exec(path) ?? [];
  if (kind === 'manifests') {
    const digest = content.tags.get(`${repository}:${reference}`) ?? reference!;
    const manifest = content.manifests.get(digest);
    const headers = { 'content-type': manifest?.mediaType ?? '', 'docker-content-digest': digest };
    return manifest && { bytes: memoryBytes(manifest.bytes), headers };
  }
  const bytes = kind === 'blobs' ? content.blobs.get(reference!) : content.files.get(path);
  return bytes && { bytes, headers: { 'content-type': 'application/octet-stream' } };
}

/**
 * The `artifacts` block of an inventory that fetches everything from an upstream.
 * @param registries those whose images it serves
 */
export function inventoryMirrors(
  url: string,
  registries: readonly string[] = ['registry.k8s.io', 'docker.io', 'ghcr.io'],
) {
  return {
    mirrors: { 'https://dl.k8s.io': url, 'https://github.com': url },
    registries: Object.fromEntries(
      registries.map((registry) => [registry, { mirror: url, insecure: url.startsWith('http:') }]),
    ),
  };
}
