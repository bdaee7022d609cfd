import { inParallel } from '../in-parallel.js';
import type { ApiObject } from '../kubernetes/api-object.js';
import { persist } from '../verify/persist.js';
import { awaitNameServer } from './await-name-server.js';
import { checkService } from './check-objects.js';
import { checkPod, type Skips } from './check-pod.js';
import { type CheckName, type CheckResult, ofPods } from './check-report.js';
import { type Checking, firstKube, persistence } from './checking.js';
import { awaitPods } from './start-pods.js';

type Service = ApiObject & { readonly spec?: { readonly clusterIPs?: readonly string[] } };

/** Nodes whose pods are asked at once: each costs the operator some streams. */
const nodesAtOnce = 8;

/**
 * Asks the pod of every node that is ready about all others and about the cluster.
 * @param made what makePods gives
 */
export async function checkPods(
  checking: Checking,
  nodes: readonly CheckResult[],
  made: Promise<string | undefined>,
  skips: Skips,
): Promise<readonly CheckResult[]> {
  const unmade = await made;
  const results: CheckResult[] = nodes
    .filter(({ result }) => result !== 'ok')
    .flatMap((node) => ofPods.map((check) => likeNode(check, node)));
  const ready = nodes.filter(({ result }) => result === 'ok').map(({ node }) => node!);
  if (ready.length === 0) return results;
  const started = await awaitPods(checking, ready, unmade);
  results.push(...started.results);
  for (const pod of started.results.filter(({ result }) => result === 'failed'))
    results.push(...ofPods.filter((check) => check !== 'pod').map((check) => likeNode(check, pod)));
  const service = (await persist(
    () => firstKube(checking).get(checkService(checking.namespace)),
    persistence(checking),
  )) as Service | undefined;
  const servers = { services: service?.spec?.clusterIPs ?? [], named: once(() => awaitNameServer(checking)) };
  await inParallel(started.pods, nodesAtOnce, async (pod) => {
    const peers = started.pods.filter((other) => other !== pod);
    results.push(...(await checkPod(checking, pod, peers, servers, skips)));
  });
  return results;
}

/** Work that is done for the first who asks, and shared with all others. */
function once<T>(work: () => Promise<T>): () => Promise<T> {
  let done: Promise<T> | undefined;
  return () => {
    done ??= work();
    return done;
  };
}

/** Without a ready node, or a pod on it, nothing that is asked of pods is true there. */
function likeNode(check: CheckName, { node, result, said }: CheckResult): CheckResult {
  const why = said === undefined ? 'there is no pod to ask' : `there is no pod to ask: ${said}`;
  return { check, ...(node === undefined ? {} : { node }), result, seconds: 0, said: why };
}
