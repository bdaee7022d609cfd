import { createHash, randomBytes } from 'node:crypto';

/** A member as the cluster's own list has it. */
export interface Member {
  /** Decimal, as the JSON gateway writes 64-bit numbers. */
  readonly id: string;
  /** Empty until the member has started once. */
  name: string;
  peerUrls: readonly string[];
  clientUrls: readonly string[];
  learner: boolean;
}

/** A member's process, as the others see it. */
export interface Peer {
  readonly memberId: string;
  /** Minor of its program. */
  readonly minor: number;
  /** True when it can take part: started, and in step if it is a learner. */
  readonly isServing: boolean;
  /** True when both sides accept each other's certificates. */
  trusts(other: Peer): boolean;
  /** The cluster has removed it. */
  removed(): void;
}

export interface Entry {
  readonly value: string;
  readonly created: number;
  readonly modified: number;
  readonly version: number;
}

/** What etcd answers when it cannot do something: gRPC's code and words. */
export class EtcdError extends Error {
  override readonly name = 'EtcdError';
  readonly code: number;

  constructor(code: number, message: string) {
    super(message);
    this.code = code;
  }
}

/** A 64-bit id, as etcd derives it from addresses. */
export const hashId = (...parts: readonly string[]): string =>
  createHash('sha1').update(parts.join('\0')).digest().readBigUInt64BE().toString();

/** One etcd cluster: what its members agree on. It is held once; which of it a member may touch is up to quorum. */
export class EtcdCluster {
  readonly id: string;
  /** Tells this cluster from another one with the same id, born from the same initial-cluster. */
  readonly incarnation = randomBytes(8).toString('hex');
  readonly members = new Map<string, Member>();
  readonly peers = new Map<string, Peer>();
  readonly entries = new Map<string, Entry>();
  revision = 1;
  term = 1;
  /** True once it has had a quorum: from then on it is a cluster that can be lost. */
  isBorn = false;
  /** The minor that its members have agreed on: the lowest of theirs, and never lower again. */
  minor = 0;
  #leader: string | undefined;

  constructor(id: string) {
    this.id = id;
  }

  get voters(): Member[] {
    return [...this.members.values()].filter(({ learner }) => !learner);
  }

  /** Raises the agreed minor once every voter serves and none of them holds it back. */
  agree(): void {
    const present = this.voters.map(({ id }) => this.peers.get(id));
    if (!present.every((peer) => peer?.isServing)) return;
    this.minor = Math.max(this.minor, Math.min(...present.map((peer) => peer!.minor)));
  }

  /** Id of the leader as a member sees it, or undefined when that member is not with a majority. */
  leaderFor(memberId: string): string | undefined {
    const self = this.peers.get(memberId);
    if (self === undefined || !self.isServing) return undefined;
    const present = this.#leader === undefined ? undefined : this.peers.get(this.#leader);
    if (present === undefined || !this.#canLead(present)) this.#elect();
    const leader = this.#leader === undefined ? undefined : this.peers.get(this.#leader);
    return leader !== undefined && (leader === self || leader.trusts(self)) ? leader.memberId : undefined;
  }

  #elect(): void {
    const next = [...this.peers.values()].find((peer) => this.#canLead(peer));
    if (next?.memberId === this.#leader) return;
    this.#leader = next?.memberId;
    if (next === undefined) return;
    this.term++;
    this.isBorn = true;
  }

  #canLead(peer: Peer): boolean {
    if (!peer.isServing || this.members.get(peer.memberId)?.learner !== false) return false;
    return this.#followers(peer) + 1 > this.voters.length / 2;
  }

  #followers(leader: Peer): number {
    return [...this.peers.values()].filter(
      (peer) =>
        peer !== leader &&
        peer.isServing &&
        this.members.get(peer.memberId)?.learner === false &&
        leader.trusts(peer),
    ).length;
  }

  get #serving(): number {
    return this.voters.filter(({ id }) => this.peers.get(id)?.isServing).length;
  }

  /**
   * @throws EtcdError as etcd's strict check of reconfigurations does
   * @see https://github.com/etcd-io/etcd/blob/main/server/etcdserver/server.go mayAddMember
   */
  add(peerUrls: readonly string[], learner: boolean, now: number): Member {
    for (const member of this.members.values()) {
      if (member.peerUrls.some((url) => peerUrls.includes(url)))
        throw new EtcdError(9, 'etcdserver: Peer URLs already exists');
      if (learner && member.learner)
        throw new EtcdError(9, 'etcdserver: too many learner members in cluster');
    }
    const isGrowingFromOne = this.voters.length === 1 && this.#serving === 1;
    if (!learner && !isGrowingFromOne && this.#serving <= (this.voters.length + 1) / 2)
      throw new EtcdError(9, 'etcdserver: re-configuration failed due to not enough started members');
    if (this.#serving < this.voters.length) throw new EtcdError(14, 'etcdserver: unhealthy cluster');
    const member: Member = {
      id: hashId(...peerUrls, String(now)),
      name: '',
      peerUrls,
      clientUrls: [],
      learner,
    };
    this.members.set(member.id, member);
    return member;
  }

  remove(id: string): void {
    const member = this.members.get(id);
    if (member === undefined) throw new EtcdError(5, 'etcdserver: member not found');
    const isActive = !member.learner && this.peers.get(id)?.isServing === true;
    const { length } = this.voters;
    // A member that is down may always go: it has no part in the majority.
    if (isActive && this.#serving - 1 < 1 + Math.floor((length - 1) / 2))
      throw new EtcdError(14, 'etcdserver: unhealthy cluster');
    this.members.delete(id);
    if (this.#leader === id) this.#leader = undefined;
    this.peers.get(id)?.removed();
  }

  promote(id: string): void {
    const member = this.members.get(id);
    if (member === undefined) throw new EtcdError(5, 'etcdserver: member not found');
    if (!member.learner) throw new EtcdError(9, 'etcdserver: can only promote a learner member');
    if (this.peers.get(id)?.isServing !== true)
      throw new EtcdError(9, 'etcdserver: can only promote a learner member which is in sync with leader');
    member.learner = false;
  }

  moveLeader(from: string, to: string): void {
    if (this.leaderFor(from) !== from) throw new EtcdError(9, 'etcdserver: not leader');
    const target = this.peers.get(to);
    if (target === undefined || !this.#canLead(target))
      throw new EtcdError(9, 'etcdserver: bad leader transferee');
    this.#leader = to;
    this.term++;
  }

  put(key: string, value: string): Entry {
    const old = this.entries.get(key);
    const modified = ++this.revision;
    const entry = { value, created: old?.created ?? modified, modified, version: (old?.version ?? 0) + 1 };
    this.entries.set(key, entry);
    return entry;
  }

  delete(key: string): void {
    if (this.entries.delete(key)) this.revision++;
  }
}
