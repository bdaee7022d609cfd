import { ContainerRecords } from '../kubelet/container-records.js';
import { answerHealth, type HealthCheck } from './answer-health.js';
import { type ApiAnswer, answerObject } from './answer-object.js';
import { isAllowed, type User } from './api-access.js';
import { ApiError } from './api-error.js';
import { ApiObjects } from './api-objects.js';
import { builtInKinds, parseTarget, type Target } from './api-resources.js';
import { bornObjects } from './born-objects.js';
import { type Component, type ComponentContext, Crash, required } from './component.js';
import { customKinds, resourceList } from './custom-resources.js';
import { Encryption } from './encryption.js';
import type { Etcd } from './etcd.js';
import { EtcdError } from './etcd-cluster.js';
import { readLog } from './read-log.js';
import { serveApi } from './serve-api.js';
import { readStructuredFiles } from './structured-files.js';
import { acceptTls } from './tls-acceptor.js';
import { distrust, identityOf, isPair } from './trust.js';
import { trustedEtcd } from './trusted-etcd.js';

/** A request, however it has come in. */
export interface ApiRequest {
  readonly user: User | undefined;
  readonly method: string;
  /** With its query. */
  readonly path: string;
  readonly contentType?: string;
  readonly body?: string;
}

/** Files that must be there when it starts. */
const files = [
  'etcd-cafile',
  'etcd-certfile',
  'etcd-keyfile',
  'kubelet-certificate-authority',
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
  readonly #anonymousPaths: ReadonlySet<string> | undefined;
  readonly #encryption: Encryption;
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
    this.#anonymousPaths = readStructuredFiles(context);
    this.#encryption = new Encryption(context);
    const address = flags.get('bind-address') ?? '0.0.0.0';
    const port = Number(flags.get('secure-port') ?? 6443);
    const listener = acceptTls(
      () => ({ ...this.#pair(), clientAuthorities: this.clientAuthorities, clients: 'ask' }),
      (request, response) => void serveApi(this, request, response),
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

  get etcd(): Etcd | undefined {
    return trustedEtcd(this.context, this.#etcdAuthorities);
  }

  #objects(): ApiObjects | undefined {
    const { etcd } = this;
    return etcd && new ApiObjects(etcd, this.context.now, this.#encryption);
  }

  /** Whom a client certificate stands for. @throws ApiError 401 when it is not trusted */
  authenticate(certificate: string | undefined): User | undefined {
    if (certificate === undefined) return undefined;
    const reason = distrust(certificate, this.clientAuthorities, 'client', this.context.now());
    if (reason !== undefined) throw new ApiError(401, 'Unauthorized', 'Unauthorized');
    const user = identityOf(certificate);
    return { ...user, groups: [...user.groups, 'system:authenticated'] };
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
      return status(500, 'InternalError', (error as Error).message);
    }
  }

  /** Answers a request of somebody whom `authenticate` knows. */
  answer(request: ApiRequest): ApiAnswer {
    return this.#guarded(() => this.#answer(request));
  }

  /** Answers a request of whoever showed a client certificate (PEM), or none. */
  answerAs(certificate: string | undefined, request: Omit<ApiRequest, 'user'>): ApiAnswer {
    return this.#guarded(() => this.#answer({ ...request, user: this.authenticate(certificate) }));
  }

  #answer({ user, method, path: fullPath, contentType = '', body = '' }: ApiRequest): ApiAnswer {
    const [path = '/', search = ''] = fullPath.split('?');
    const query = new URLSearchParams(search);
    if (user === undefined && this.#anonymousPaths?.has(path) === false)
      throw new ApiError(401, 'Unauthorized', 'Unauthorized');
    const { etcd } = this;
    const custom = /^\/apis\/\w[\w-]*\./.test(path) ? customKinds(etcd) : [];
    const target = parseTarget(path, custom);
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
    if (target === undefined) {
      const [, group = '', version] = /^\/(?:api|apis\/([^/]+))\/([^/]+)$/.exec(path) ?? [];
      const list = version && resourceList(group, version, builtInKinds, custom);
      return list ? { status: 200, body: list } : this.#answerPath(path, query);
    }
    if (etcd === undefined) throw new EtcdError(14, 'context deadline exceeded');
    const objects = new ApiObjects(etcd, this.context.now, this.#encryption);
    if (target.resource.plural === 'pods' && target.subresource === 'log' && method === 'GET')
      return readLog(this.context, objects, target);
    const records = new ContainerRecords(this.context.host.files);
    const hasImage = (ref: string) => records.hasImage(ref);
    return answerObject(objects, target, { method, query, contentType, body }, hasImage);
  }

  #answerPath(path: string, query: URLSearchParams): ApiAnswer {
    if (path === '/version') {
      const [major, minor] = this.version.slice(1).split('.');
      return { status: 200, body: { major, minor, gitVersion: this.version, platform: 'linux/practice' } };
    }
    if (path === '/metrics') return { status: 200, body: this.#encryption.metrics() };
    const name = /^\/(livez|readyz|healthz)$/.exec(path)?.[1];
    if (name === undefined)
      throw new ApiError(404, 'NotFound', 'the server could not find the requested resource');
    const checks = this.#checks(name).filter(([check]) => !query.getAll('exclude').includes(check));
    return answerHealth(name, checks, query.has('verbose'));
  }

  #checks(name: string): HealthCheck[] {
    const hasEtcd = this.etcd !== undefined;
    const checks: HealthCheck[] = [
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
