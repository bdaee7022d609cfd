import type { IncomingMessage, ServerResponse } from 'node:http';
import { type Component, type ComponentContext, Crash, endpointOfUrl, required } from './component.js';
import { type Entry, type EtcdCluster, EtcdError, type Peer } from './etcd-cluster.js';
import { openData } from './etcd-data.js';
import { answerGateway } from './etcd-gateway.js';
import { acceptHttp, acceptTls } from './tls-acceptor.js';
import { distrust, distrustServer, isPair } from './trust.js';

const version = (image: string): string => /:v?(\d+\.\d+\.\d+)/.exec(image)?.[1] ?? '3.6.0';

/** One etcd member's process: flags and certificates as etcd takes them, data in files of the host. */
export class Etcd implements Component, Peer {
  readonly context: ComponentContext;
  readonly cluster: EtcdCluster;
  readonly memberId: string;
  readonly version: string;
  readonly minor: number;
  readonly #close: (() => void)[] = [];
  readonly #peerAuthorities: string;
  readonly #clientAuthorities: string;
  #isReady = false;
  #isStopped = false;

  /** @throws Crash in etcd's words when it would not start */
  constructor(context: ComponentContext) {
    this.context = context;
    this.version = version(context.image);
    this.minor = Number(this.version.split('.')[1]);
    this.#checkFlags();
    this.#clientAuthorities = context.read(required(context.flags, 'trusted-ca-file'));
    this.#peerAuthorities = context.read(required(context.flags, 'peer-trusted-ca-file'));
    this.#pair('cert-file', 'key-file');
    this.#pair('peer-cert-file', 'peer-key-file');
    const { cluster, memberId } = openData(context, this);
    this.cluster = cluster;
    this.memberId = memberId;
    if (this.minor < cluster.minor)
      throw new Crash(
        `invalid downgrade; server version is lower than determined cluster version (${this.version} < 3.${cluster.minor})`,
      );
    try {
      this.#listen();
    } catch (error) {
      this.stop();
      throw new Crash((error as Error).message);
    }
    cluster.peers.set(memberId, this);
    const isLearner = cluster.members.get(memberId)?.learner === true;
    context.after(isLearner ? context.pace.learnerSync : context.pace.ready, () => {
      this.#isReady = true;
      const member = cluster.members.get(memberId);
      if (member === undefined) return this.removed();
      member.name = required(context.flags, 'name');
      member.clientUrls = (context.flags.get('advertise-client-urls') ?? '').split(',');
      cluster.agree();
      context.log('ready to serve client requests');
    });
  }

  #checkFlags(): void {
    const { flags } = this.context;
    // etcd 3.7 took the last of these flags away.
    for (const name of flags.keys())
      if (this.minor >= 7 && name.startsWith('experimental-'))
        throw new Crash(`error verifying flags, flag provided but not defined: -${name}. See 'etcd --help'.`);
  }

  /** A certificate and its key as they are now. */
  #pair(certificateFlag: string, keyFlag: string): { certificate: string; key: string } {
    const { flags } = this.context;
    const pair = {
      certificate: this.context.read(required(flags, certificateFlag)),
      key: this.context.read(required(flags, keyFlag)),
    };
    if (!isPair(pair.certificate, pair.key)) throw new Crash('tls: private key does not match public key');
    return pair;
  }

  #listen(): void {
    const { flags, host, network } = this.context;
    const demand = flags.get('client-cert-auth') === 'true';
    const gateway = acceptTls(
      () => ({
        ...this.#pair('cert-file', 'key-file'),
        clientAuthorities: this.#clientAuthorities,
        clients: demand ? 'demand' : 'ignore',
      }),
      (request, response) => answerGateway(this, request, response),
    );
    const metrics = acceptHttp((request, response) => this.#answerHealth(request, response));
    const open = (urls: string | undefined, listener: Parameters<typeof network.listen>[4]) => {
      for (const url of (urls ?? '').split(',').filter(Boolean)) {
        const { address, port } = endpointOfUrl(url);
        this.#close.push(network.listen(host, address, port, 'etcd', listener, this));
      }
    };
    open(flags.get('listen-client-urls'), gateway);
    open(flags.get('listen-peer-urls'), (stream) => stream.destroy());
    open(flags.get('listen-metrics-urls'), metrics);
  }

  #answerHealth(request: IncomingMessage, response: ServerResponse): void {
    const path = request.url?.split('?')[0];
    const isHealthy = this.leader !== undefined && !this.context.fault().neverReady;
    const answer = (status: number, text: string) => response.writeHead(status).end(text);
    if (path === '/health')
      return void answer(isHealthy ? 200 : 503, JSON.stringify({ health: String(isHealthy), reason: '' }));
    if (path === '/livez') return void answer(200, 'ok');
    if (path === '/readyz')
      return void (isHealthy
        ? answer(200, 'ok')
        : answer(503, '[+]data_corruption ok\n[-]linearizable_read failed: etcdserver: request timed out\n'));
    answer(404, '404 page not found\n');
  }

  get isServing(): boolean {
    return this.#isReady && !this.#isStopped;
  }

  get leader(): string | undefined {
    return this.cluster.leaderFor(this.memberId);
  }

  /** PEM of its certificate for clients, as it would show it now. */
  get serverCertificate(): string {
    return this.#pair('cert-file', 'key-file').certificate;
  }

  get clientAuthorities(): string {
    return this.#clientAuthorities;
  }

  trusts(other: Peer): boolean {
    if (!(other instanceof Etcd)) return false;
    return this.#accepts(other) && other.#accepts(this);
  }

  #accepts(other: Etcd): boolean {
    try {
      const { certificate } = other.#pair('peer-cert-file', 'peer-key-file');
      const now = this.context.now();
      return (
        distrustServer(certificate, this.#peerAuthorities, other.context.host.address, now) === undefined &&
        distrust(certificate, this.#peerAuthorities, 'client', now) === undefined
      );
    } catch {
      return false;
    }
  }

  /** All entries, when the cluster has a quorum that this member belongs to. @throws EtcdError */
  entries(): ReadonlyMap<string, Entry> {
    this.#demandQuorum();
    return this.cluster.entries;
  }

  put(key: string, value: string): Entry {
    this.#demandQuorum();
    return this.cluster.put(key, value);
  }

  delete(key: string): void {
    this.#demandQuorum();
    this.cluster.delete(key);
  }

  #demandQuorum(): void {
    if (this.leader === undefined) throw new EtcdError(14, 'etcdserver: request timed out');
  }

  removed(): void {
    this.context.crash('the member has been permanently removed from the cluster');
  }

  stop(): void {
    this.#isStopped = true;
    for (const close of this.#close.splice(0)) close();
    if (this.cluster?.peers.get(this.memberId) === this) this.cluster.peers.delete(this.memberId);
  }
}
