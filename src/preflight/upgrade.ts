import { type EtcdStatus, type etcdClient, etcdOn } from '../cluster/etcd.js';
import { Failure } from '../failure.js';
import { controlPlanes } from '../inventory/inventory.js';
import type { ApiObject } from '../kubernetes/api-object.js';
import { minorsAhead, parseVersion } from '../kubernetes/version.js';
import { kubeletLag } from '../plan/refuse/judge-upgrade.js';
import { votingIn } from '../plan/situation.js';
import type { Site } from '../survey/open-site.js';
import { firstAnswer, type Session } from '../survey/session.js';
import type { Survey } from '../survey/survey.js';

const problem = (doing: string, host: string, said: string, next: string): Failure =>
  new Failure({ kind: 'preflight', doing, where: { host }, said, next });

/** What only a live cluster can tell before its versions change: etcd as a whole, and the kubelets that stay behind. */
export async function lookAtUpgrade(session: Session, site: Site, seen: Survey): Promise<readonly Failure[]> {
  const found = await Promise.all([
    absentControlPlanes(session, site),
    lookAtMembers(session, site, seen),
    lookAtOtherKubelets(session, site),
  ]);
  return found.flat();
}

const absentControlPlanes = ({ inventory }: Session, site: Site): readonly Failure[] =>
  controlPlanes(inventory)
    .filter(({ name }) => !site.transports.has(name))
    .map(({ name }) =>
      problem(
        'Checking that every control plane can be upgraded',
        name,
        'it cannot be reached; its API server would stay behind',
        'Bring it back first, or take it out with `podstrap reset` and the inventory.',
      ),
    );

async function lookAtMembers(session: Session, site: Site, seen: Survey): Promise<readonly Failure[]> {
  const doing = 'Checking that etcd is fit for an upgrade';
  const answers = await Promise.all(
    controlPlanes(session.inventory).flatMap(({ name }) => {
      const transport = site.transports.get(name);
      return transport === undefined ? [] : [askMember(session, name, transport)];
    }),
  );
  const voting = votingIn(seen.situation);
  const failures = answers.flatMap(({ host, status, alarms }) => {
    const next = '`podstrap up` with the present versions repairs what can be repaired.';
    if (status === undefined || !voting.includes(host))
      return [problem(doing, host, 'its etcd member does not vote', next)];
    if (alarms.length > 0)
      return [problem(doing, host, `alarm ${alarms.join(', ')}`, 'Resolve the alarm and disarm it first.')];
    return [];
  });
  const versions = new Set(
    answers.flatMap(({ status }) => parseVersion(status?.version ?? '') ?? []).map(minorOf),
  );
  // Two neighbouring minors are an upgrade that was interrupted, which goes on.
  if (versions.size > 2)
    failures.push(
      problem(
        doing,
        answers.map(({ host }) => host).join(', '),
        `members of ${[...versions].join(', ')}`,
        'Bring them to one version first.',
      ),
    );
  return failures;
}

const minorOf = ({ major, minor }: { major: number; minor: number }): string => `${major}.${minor}`;

async function askMember(
  { keys }: Session,
  host: string,
  transport: Parameters<typeof etcdClient>[0],
): Promise<{ host: string; status: EtcdStatus | undefined; alarms: readonly string[] }> {
  const etcd = etcdOn(keys, transport);
  try {
    const [status, alarms] = await Promise.all([
      etcd.status().catch(() => undefined),
      etcd.alarms().catch(() => []),
    ]);
    return { host, status, alarms };
  } finally {
    etcd.close();
  }
}

type Node = ApiObject & { readonly status?: { readonly nodeInfo?: { readonly kubeletVersion?: string } } };

/** Nodes that this run does not change: they must be able to speak to the API servers that there will be. */
async function lookAtOtherKubelets(session: Session, site: Site): Promise<readonly Failure[]> {
  const wanted = parseVersion(session.inventory.spec.kubernetesVersion)!;
  const others = (await nodes(session, site)).filter(({ metadata }) => !site.transports.has(metadata.name));
  return others.flatMap(({ metadata, status }) => {
    const kubelet = parseVersion(status?.nodeInfo?.kubeletVersion ?? '');
    if (kubelet === undefined) return [];
    const behind = minorsAhead(kubelet, wanted);
    if (behind >= 0 && behind <= kubeletLag) return [];
    return [
      problem(
        'Checking the kubelets that this run does not reach',
        metadata.name,
        `its kubelet is ${kubelet.text}; API servers of ${wanted.text} serve kubelets from v${wanted.major}.${wanted.minor - kubeletLag} to their own minor`,
        'Upgrade that node first, or delete its Node object if it is gone for good.',
      ),
    ];
  });
}

/** Of a cluster without any API server nothing is known; this very run mends it. */
async function nodes(session: Session, site: Site): Promise<readonly Node[]> {
  const told = await firstAnswer(session, site.transports, (kube) => kube.list('Node'));
  return 'answer' in told ? (told.answer as readonly Node[]) : [];
}
