import type { IncomingMessage, ServerResponse } from 'node:http';
import type { TLSSocket } from 'node:tls';
import { isAllowed, type User } from './api-access.js';
import { ApiError, ApiObjects, parseBody } from './api-objects.js';
import { parseTarget, type Target } from './api-resources.js';
import { bornObjects } from './born-objects.js';
import { type Component, type ComponentContext, Crash, endpointOfUrl, required } from './component.js';
import { Etcd } from './etcd.js';
import { EtcdError } from './etcd-cluster.js';
import { readBody } from './read-body.js';
import { acceptTls } from './tls-acceptor.js';
import { distrust, distrustServer, identityOf, isPair } from './trust.js';

/** A request, however it has come in. */
export interface ApiRequest {
  readonly user: User | undefined;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly contentType?: string;
  readonly body?: string;
}

export interface ApiAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Files that must be there when it starts. */
const files = [
  'etcd-cafile',
  'etcd-certfile',
  'etcd-keyfile',
  'kubelet-client-certificate',
  'kubelet-client-key',
  'proxy-client-cert-file',
  'proxy-client-key-file',
  'requestheader-client-ca-file',
  'service-account-key-file',
  'service-account-signing-key-file',
];

/** One API server: real TLS and client certificates, objects in the site's etcd, rights in broad strokes. */
export class KubeApiServer implements Component {
  readonly context: ComponentContext;
  readonly version: string;
  readonly #close: () => void;
  readonly #etcdAuthorities: string;
  readonly #started: number;
  #isStopped = false;
  #hasBegun = false;

  /** @throws Crash in the API server's words when it would not start */
  constructor(context: ComponentContext) {
    this.context = context;
    const { flags, host, network, pace } = context;
    this.version = /:(v\d+\.\d+\.\d+[^@]*)/.exec(context.image)?.[1] ?? 'v0.0.0';
    for (const name of files) if (flags.has(name)) context.read(required(flags, name));
    this.#etcdAuthorities = context.read(required(flags, 'etcd-cafile'));
    required(flags, 'service-account-issuer');
    this.#pair();
    const address = flags.get('bind-address') ?? '0.0.0.0';
    const port = Number(flags.get('secure-port') ?? 6443);
    const listener = acceptTls(
      () => ({ ...this.#pair(), clientAuthorities: this.clientAuthorities, clients: 'ask' }),
      (request, response) => void this.#serve(request, response),
    );
    try {
      this.#close = network.listen(host, address, port, 'kube-apiserver', listener, this);
    } catch (error) {
      throw new Crash(
        `failed to create listener: failed to listen on ${address}:${port}: ${(error as Error).message}`,
      );
    }
    this.#started = performance.now();
    context.after(pace.ready, () => this.#begin());
  }

  /** What only a server that has reached etcd does, once. */
  #begin(): void {
    if (this.#isStopped) return;
    const objects = this.#objects();
    if (objects === undefined) return void this.context.after(this.context.pace.ready, () => this.#begin());
    try {
      for (const { path, object } of bornObjects) {
        const target = parseTarget(path)!;
        const named = { ...target, name: (object.metadata as { name: string }).name };
        if (objects.find(named) === undefined)
          objects.create(target, object, { manager: 'kube-apiserver', force: false, dryRun: false });
      }
      this.#hasBegun = true;
    } catch (error) {
      if (!(error instanceof EtcdError)) throw error;
      this.context.after(this.context.pace.ready, () => this.#begin());
    }
  }

  #pair(): { certificate: string; key: string } {
    const { flags } = this.context;
    const pair = {
      certificate: this.context.read(required(flags, 'tls-cert-file')),
      key: this.context.read(required(flags, 'tls-private-key-file')),
    };
    if (!isPair(pair.certificate, pair.key)) throw new Crash('tls: private key does not match public key');
    return pair;
  }

  get serverCertificate(): string {
    return this.#pair().certificate;
  }

  get clientAuthorities(): string {
    return this.context.read(required(this.context.flags, 'client-ca-file'));
  }

  /** The etcd member that it speaks to, when both accept each other's certificates and there is a quorum. */
  get etcd(): Etcd | undefined {
    const { flags, network, host, now } = this.context;
    for (const url of required(flags, 'etcd-servers').split(',')) {
      const { address, port } = endpointOfUrl(url);
      const etcd = network.service(host, address, port);
      if (!(etcd instanceof Etcd) || etcd.leader === undefined) continue;
      const own = this.context.read(required(flags, 'etcd-certfile'));
      const isTrusted =
        distrustServer(etcd.serverCertificate, this.#etcdAuthorities, address, now()) === undefined &&
        distrust(own, etcd.clientAuthorities, 'client', now()) === undefined;
      if (isTrusted) return etcd;
    }
    return undefined;
  }

  #objects(): ApiObjects | undefined {
    const { etcd } = this;
    return etcd && new ApiObjects(etcd, this.context.now);
  }

  /** Whom a client certificate stands for. @throws ApiError 401 when it is not trusted */
  authenticate(certificate: string | undefined): User | undefined {
    if (certificate === undefined) return undefined;
    const reason = distrust(certificate, this.clientAuthorities, 'client', this.context.now());
    if (reason !== undefined) throw new ApiError(401, 'Unauthorized', 'Unauthorized');
    const user = identityOf(certificate);
    return { ...user, groups: [...user.groups, 'system:authenticated'] };
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const peer = (request.socket as TLSSocket).getPeerX509Certificate();
    const body = await readBody(request).catch(() => undefined);
    if (body === undefined) return;
    const answer = this.#guarded(() =>
      this.answer({
        user: this.authenticate(peer?.toString()),
        method: request.method ?? 'GET',
        path: request.url ?? '/',
        contentType: request.headers['content-type'] ?? '',
        body,
      }),
    );
    const isText = typeof answer.body === 'string';
    const send = () =>
      response
        .writeHead(answer.status, { 'content-type': isText ? 'text/plain' : 'application/json' })
        .end(isText ? answer.body : JSON.stringify(answer.body));
    if (answer.status === 504) setTimeout(send, this.context.pace.quorumTimeout).unref();
    else send();
  }

  #guarded(action: () => ApiAnswer): ApiAnswer {
    try {
      return action();
    } catch (error) {
      if (error instanceof ApiError) return status(error.status, error.reason, error.message);
      if (error instanceof EtcdError)
        return status(
          504,
          'Timeout',
          `Timeout: request did not complete within requested timeout - ${error.message}`,
        );
      if (error instanceof Crash) return status(500, 'InternalError', error.message);
      throw error;
    }
  }

  /** Answers a request of somebody whom `authenticate` knows. */
  answer(request: ApiRequest): ApiAnswer {
    return this.#guarded(() => this.#answer(request));
  }

  #answer({ user, method, path: fullPath, contentType = '', body = '' }: ApiRequest): ApiAnswer {
    const [path = '/', search = ''] = fullPath.split('?');
    const query = new URLSearchParams(search);
    const target = parseTarget(path);
    const { etcd } = this;
    const access = {
      verb: method.toLowerCase(),
      path: target === undefined ? path : undefined,
      resource: target?.resource.plural ?? '',
      namespace: target?.namespace,
      name: target?.name,
    };
    if (!isAllowed(user, access, etcd))
      throw new ApiError(
        403,
        'Forbidden',
        `${what(target, path)} is forbidden: User "${user?.name ?? 'system:anonymous'}" cannot ${access.verb} ${target ? `resource "${access.resource}"` : `path "${path}"`}`,
      );
    if (target === undefined) return this.#answerPath(path, query);
    if (etcd === undefined) throw new EtcdError(14, 'context deadline exceeded');
    return this.#answerObject(
      new ApiObjects(etcd, this.context.now),
      target,
      method,
      query,
      contentType,
      body,
    );
  }

  #answerPath(path: string, query: URLSearchParams): ApiAnswer {
    if (path === '/version') {
      const [major, minor] = this.version.slice(1).split('.');
      return { status: 200, body: { major, minor, gitVersion: this.version, platform: 'linux/practice' } };
    }
    const name = /^\/(livez|readyz|healthz)$/.exec(path)?.[1];
    if (name === undefined)
      throw new ApiError(404, 'NotFound', 'the server could not find the requested resource');
    const checks = this.#checks(name);
    const failed = checks.some(([, isWell]) => !isWell);
    const lines = checks.map(([check, isWell]) =>
      isWell ? `[+]${check} ok` : `[-]${check} failed: reason withheld`,
    );
    if (!failed && !query.has('verbose')) return { status: 200, body: 'ok' };
    return {
      status: failed ? 500 : 200,
      body: `${lines.join('\n')}\n${name} check ${failed ? 'failed' : 'passed'}\n`,
    };
  }

  #checks(name: string): [string, boolean][] {
    const hasEtcd = this.etcd !== undefined;
    const checks: [string, boolean][] = [
      ['ping', true],
      ['log', true],
      ['etcd', hasEtcd],
    ];
    const isDone = this.#hasBegun && !this.context.fault().neverReady;
    if (name !== 'livez') checks.push(['etcd-readiness', hasEtcd], ['informer-sync', isDone]);
    const age = performance.now() - this.#started;
    checks.push(['poststarthook/rbac/bootstrap-roles', isDone && age >= this.context.pace.ready]);
    return checks;
  }

  #answerObject(
    objects: ApiObjects,
    target: Target,
    method: string,
    query: URLSearchParams,
    contentType: string,
    body: string,
  ): ApiAnswer {
    const change = {
      manager: query.get('fieldManager') ?? undefined,
      force: query.get('force') === 'true',
      dryRun: query.get('dryRun') === 'All',
    };
    if (query.get('watch') === 'true')
      throw new ApiError(405, 'MethodNotAllowed', 'watching is not practised here');
    if (target.name === undefined) {
      if (method === 'GET')
        return { status: 200, body: objects.list(target, query.get('labelSelector') ?? undefined) };
      if (method === 'POST') return { status: 201, body: objects.create(target, parseBody(body), change) };
    } else {
      if (method === 'GET') return { status: 200, body: objects.get(target) };
      if (method === 'PUT') return { status: 200, body: objects.replace(target, parseBody(body), change) };
      if (method === 'DELETE') return { status: 200, body: objects.delete(target, change) };
      if (method === 'PATCH') {
        if (contentType.startsWith('application/apply-patch+yaml')) {
          const { object, isNew } = objects.apply(target, parseBody(body), change);
          return { status: isNew ? 201 : 200, body: object };
        }
        if (/^application\/(merge|strategic-merge)-patch\+json/.test(contentType))
          return { status: 200, body: objects.patch(target, parseBody(body), change) };
        throw new ApiError(
          415,
          'UnsupportedMediaType',
          `the body of the request was in an unknown format - accepted media types include: application/apply-patch+yaml, application/merge-patch+json, application/strategic-merge-patch+json`,
        );
      }
    }
    throw new ApiError(
      405,
      'MethodNotAllowed',
      'the server does not allow this method on the requested resource',
    );
  }

  stop(): void {
    this.#isStopped = true;
    this.#close();
  }
}

const what = (target: Target | undefined, path: string): string =>
  target === undefined
    ? `"${path}"`
    : `${target.resource.plural}${target.name === undefined ? '' : ` "${target.name}"`}`;

const status = (code: number, reason: string, message: string): ApiAnswer => ({
  status: code,
  body: { kind: 'Status', apiVersion: 'v1', metadata: {}, status: 'Failure', message, reason, code },
});
