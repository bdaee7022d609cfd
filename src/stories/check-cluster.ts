import { randomBytes } from 'node:crypto';
import { stage } from '../apply/stage.js';
import { blamingTheLost } from '../check/blame-the-lost.js';
import { checkApiBudget, checkApiLease } from '../check/check-api-objects.js';
import { checkApiServers } from '../check/check-api-servers.js';
import { checkClocks } from '../check/check-clocks.js';
import { checkHosts } from '../check/check-hosts.js';
import { checkNodes } from '../check/check-nodes.js';
import { checkNamespace } from '../check/check-objects.js';
import { skipsOf } from '../check/check-pod.js';
import { checkPods } from '../check/check-pods.js';
import { type CheckReport, type CheckResult, checkKinds } from '../check/check-report.js';
import { type Checking, newborn, persistence } from '../check/checking.js';
import { judgeLeftover, removeLeftovers, removeNamespace } from '../check/own-namespace.js';
import { arePractice, notAsked } from '../check/practice-nodes.js';
import { runCheck } from '../check/run-check.js';
import { makePods } from '../check/start-pods.js';
import type { Kube } from '../cluster/kube.js';
import { podStreams } from '../cluster/pod-streams.js';
import { Failure } from '../failure.js';
import { controlPlanes, hostNamed } from '../inventory/inventory.js';
import type { ApiObject } from '../kubernetes/api-object.js';
import { thisProcess } from '../operator/process-identity.js';
import { lookAtApiPort } from '../survey/look-at-api-port.js';
import { openSite, type Site } from '../survey/open-site.js';
import { apiPortOn, type Session } from '../survey/session.js';
import { persist } from '../verify/persist.js';
import { checkCertificates } from './check-certificates.js';

export interface CheckOptions {
  /** Milliseconds that each thing which is not well yet may take to become so. */
  readonly patience: number;
  /** Makes the checks of what the inventory switches off, too: something else may do it. */
  readonly every: boolean;
}

/**
 * Whether the cluster runs people's pods: brings a small pod to every node for a moment, and asks it.
 * What it makes is in a namespace of its own, which is removed at the end, also when the check is stopped.
 * @throws Failure `interrupted` when it was stopped
 */
export async function checkCluster(session: Session, options: CheckOptions): Promise<CheckReport> {
  const site = await stage(session, 'connect', () => openSite(session));
  try {
    const planes = controlPlanes(session.inventory).flatMap(({ name }) => site.transports.get(name) ?? []);
    await Promise.all(planes.map((transport) => lookAtApiPort(session, transport)));
    return await checkSite(session, site, options);
  } finally {
    await site.close();
  }
}

/** The same over connections that are open already. */
export async function checkSite(session: Session, site: Site, options: CheckOptions): Promise<CheckReport> {
  const began = performance.now();
  const [ofHosts, ofClocks, ofCertificates, ofApi] = await stage(session, 'check', () =>
    Promise.all([
      checkHosts(site),
      checkClocks(site, () => session.now().getTime()),
      checkCertificates(session, site),
      checkThroughApi(session, site, options),
    ]),
  );
  const checks = inOrder(
    session,
    blamingTheLost([...ofHosts, ...ofClocks, ...ofCertificates, ...ofApi.results]),
  );
  return {
    apiVersion: 'podstrap.io/v1alpha1',
    kind: 'CheckReport',
    cluster: session.inventory.metadata.name,
    ok: ofApi.isAsked && checks.every(({ result }) => result !== 'failed'),
    seconds: Math.round(performance.now() - began) / 1000,
    checks,
  };
}

/** What came of the checks that need an API server. */
interface Answers {
  readonly results: readonly CheckResult[];
  /** False where nothing can tell whether the cluster runs pods: then the check has not passed. */
  readonly isAsked: boolean;
}

async function checkThroughApi(session: Session, site: Site, options: CheckOptions): Promise<Answers> {
  // The first Ctrl-C ends every wait of the checks; only the second one that of cleaning up.
  const { stop } = session;
  const { kubes, results } = await checkApiServers(session, site, options.patience, stop);
  const [first] = kubes.values();
  try {
    if (first === undefined) return { isAsked: true, results: [...results, ...withoutApi(session)] };
    const more = await checkWith(session, site, kubes, first, options);
    return { ...more, results: [...results, ...more.results] };
  } finally {
    for (const kube of kubes.values()) kube.close();
  }
}

async function checkWith(
  session: Session,
  site: Site,
  kubes: ReadonlyMap<string, Kube>,
  kube: Kube,
  { patience, every }: CheckOptions,
): Promise<Answers> {
  const { inventory, keys, stop, now } = session;
  const [name] = kubes.keys();
  const host = hostNamed(inventory, name!);
  const { certificate, key } = keys.operator['super-admin'];
  const namespace = `podstrap-check-${randomBytes(4).toString('hex')}`;
  const checking: Checking = {
    inventory,
    kubes,
    streams: podStreams({
      transport: site.transports.get(host.name)!,
      address: host.advertiseAddress,
      port: apiPortOn(session, host.name),
      tls: { ca: keys.authorities.ca.certificate, certificate, key },
    }),
    namespace,
    now,
    patience,
    newborn,
    signal: stop,
  };
  let leftover: ApiObject | undefined;
  const clean = () =>
    runCheck('cleanup', undefined, async () => {
      await removeNamespace(kube, namespace, session.abort);
      return judgeLeftover(kube, leftover);
    });
  try {
    leftover = await persist(() => removeLeftovers(kube, now()), persistence(checking));
    await persist(() => kube.create(checkNamespace(namespace, thisProcess())), persistence(checking));
    const checkNodesAndPods = async () => {
      // A node that is not ready yet keeps nobody's pod waiting.
      const made = makePods(checking);
      made.catch(() => undefined);
      const nodes = await checkNodes(checking);
      return [...nodes, ...(await checkPods(checking, nodes, made, every ? {} : skipsOf(inventory)))];
    };
    if (await persist(() => arePractice(kube), persistence(checking))) {
      const seen = await Promise.all([checkApiLease(checking), checkNodes(checking)]);
      return { isAsked: false, results: [...seen.flat(), ...notAsked(inventory), await clean()] };
    }
    const results = await Promise.all([
      checkApiLease(checking),
      checkApiBudget(checking),
      checkNodesAndPods(),
    ]);
    if (stop.aborted) throw stopped();
    return { isAsked: true, results: [...results.flat(), await clean()] };
  } catch (error) {
    const left = await clean().catch(() => undefined);
    if (left?.result !== 'ok')
      session.emit({
        event: 'warning',
        message: left?.said ?? `the namespace ${namespace} may still be there`,
      });
    throw stop.aborted ? stopped(error) : error;
  }
}

const stopped = (cause?: unknown): Failure =>
  new Failure({
    kind: 'interrupted',
    doing: 'Checking the cluster',
    said: 'you stopped it. What it had made was removed again',
    cause,
  });

const withoutApi = ({ inventory }: Session): readonly CheckResult[] =>
  checkKinds.flatMap(({ name, of, asks }): readonly CheckResult[] => {
    if (asks === 'host') return [];
    const result = { check: name, result: 'skipped', seconds: 0, said: 'no API server is ready' } as const;
    return of === 'cluster' ? [result] : inventory.spec.hosts.map((host) => ({ ...result, node: host.name }));
  });

/** By kind, and within it by host. */
function inOrder({ inventory }: Session, results: readonly CheckResult[]): readonly CheckResult[] {
  const hosts = inventory.spec.hosts.map(({ name }) => name);
  const kinds = checkKinds.map(({ name }) => name as string);
  const rank = ({ check, node }: CheckResult): number =>
    kinds.indexOf(check) * (hosts.length + 1) + (node === undefined ? hosts.length : hosts.indexOf(node));
  return [...results].sort((a, b) => rank(a) - rank(b));
}
