import { type Etcd, type EtcdMember, type EtcdStatus, etcdOn } from '../../cluster/etcd.js';
import { NoAnswer } from '../../cluster/http.js';
import { Failure } from '../../failure.js';
import type { Keys } from '../../pki/keys.js';
import type { Transport } from '../../transport/transport.js';

/** What etcd told, through any of its members. */
export interface EtcdView {
  readonly members: readonly EtcdMember[];
  /** Hosts whose member answered and votes. */
  readonly voting: readonly string[];
  /** Host whose member leads. */
  readonly leader: string | undefined;
  /** What members that answered say they are, by host. */
  readonly versions?: Readonly<Record<string, string>>;
}

/** How often etcd is asked before its silence is reported. A question waits five seconds. */
const questions = 6;

/**
 * What the etcd members of these hosts say about their cluster; undefined when it has no quorum. Silence is no such
 * thing: a cluster that is taken for one without quorum is changed on all hosts at once, so a member that may only be
 * slow is asked again.
 * @throws Failure `unreachable` when so many members stay silent that the rest cannot tell
 */
export async function viewEtcd(
  transports: ReadonlyMap<string, Transport>,
  hosts: readonly string[],
  keys: Keys,
): Promise<EtcdView | undefined> {
  const clients = hosts.map((host) => ({
    host,
    etcd: etcdOn(keys, transports.get(host)!),
  }));
  try {
    for (let asked = 1; ; asked++) {
      const answers = await Promise.all(
        clients.map(async ({ host, etcd }) => ({ host, ...(await ask(etcd)) })),
      );
      const members = agreed(answers);
      if (members !== undefined) return viewOf(members, answers);
      const doubtful = answers.filter(mayHaveLeader);
      if (doubtful.length <= hosts.length / 2) return undefined;
      if (asked === questions) throw silent(doubtful.map(({ host }) => host));
    }
  } finally {
    for (const { etcd } of clients) etcd.close();
  }
}

/**
 * Begins to ask the members that are to be expected, while others find out which there are.
 * @returns asks those of the hosts that turned out to have one: at once known where nothing else was expected
 */
export function expectEtcd(
  transports: ReadonlyMap<string, Transport>,
  expected: readonly string[],
  keys: Keys,
): (ways: ReadonlyMap<string, Transport>, hosts: readonly string[]) => Promise<EtcdView | undefined> {
  const view = expected.length === 0 ? undefined : viewEtcd(transports, expected, keys);
  // Only who takes this view hears of its failure.
  view?.catch(() => undefined);
  const isExpected = (hosts: readonly string[]) =>
    hosts.length === expected.length && hosts.every((host) => expected.includes(host));
  return async (ways, hosts) => {
    const early = view !== undefined && isExpected(hosts) ? await view : undefined;
    // Without a quorum then there may be one by now: hosts that boot are waited for.
    return early ?? viewEtcd(ways, hosts, keys);
  };
}

/** The list of members that most of them tell: one that tells another one is outvoted. */
function agreed(answers: readonly Answer[]): readonly EtcdMember[] | undefined {
  const told = answers.flatMap(({ members }) => (members ? [members] : []));
  const key = (members: readonly EtcdMember[]) =>
    JSON.stringify([...members].sort((a, b) => (a.id < b.id ? -1 : 1)));
  const count = (one: readonly EtcdMember[]) => told.filter((other) => key(other) === key(one)).length;
  return [...told].sort((a, b) => count(b) - count(a))[0];
}

interface Answer {
  readonly members: readonly EtcdMember[] | undefined;
  /** `silent` when nothing was heard: the member may be away, or be there and slow. */
  readonly status: EtcdStatus | 'silent' | undefined;
}

async function ask(etcd: Etcd): Promise<Answer> {
  const [status, members] = await Promise.all([
    etcd.status().catch((error: unknown) => (isSilence(error) ? 'silent' : undefined)),
    // A linearizable list: it answers only where there is quorum.
    etcd.members().catch(() => undefined),
  ]);
  return { status, members };
}

const isSilence = (error: unknown): boolean =>
  error instanceof NoAnswer || (error instanceof Failure && error.kind === 'connection-lost');

const mayHaveLeader = ({ status }: Answer): boolean =>
  status === 'silent' || (status !== undefined && status.leader !== '0');

function viewOf(
  members: readonly EtcdMember[],
  answers: readonly (Answer & { readonly host: string })[],
): EtcdView {
  const told = answers.flatMap(({ host, status }) =>
    status === undefined || status === 'silent' ? [] : [{ host, ...status }],
  );
  const voting = told.filter(({ learner, leader }) => !learner && leader !== '0');
  return {
    members,
    voting: voting.map(({ host }) => host),
    leader: voting.find(({ leader, memberId }) => leader === memberId)?.host,
    versions: Object.fromEntries(told.map(({ host, version }) => [host, version])),
  };
}

const silent = (hosts: readonly string[]): Failure =>
  new Failure({
    kind: 'unreachable',
    doing: 'Asking etcd whether it has quorum',
    where: { host: hosts.join(', ') },
    said: 'members run there but do not answer in time',
    // etcd serves nobody before it has joined its cluster.
    next: 'Nothing was changed. See what keeps these hosts busy (load, disk), then run the command again. A member that was started while most of the others were away, or without their data, stays silent until they are back: see docs/recovery.md.',
  });
