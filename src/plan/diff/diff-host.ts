import { withoutReturn } from '../../desired/pods/returned.js';
import type {
  DesiredHost,
  ImageResource,
  Resource,
  StaticPodResource,
  UnitResource,
} from '../../desired/resource.js';
import { mayHaveEnded } from '../../desired/user-pods/may-have-ended.js';
import type { HostFacts, RouteFact, UnitFact } from '../../observed/facts.js';
import { changesKubeletMinor } from '../../observed/running.js';
import { digestOf } from '../../secrets/digest.js';
import { needlessFiles } from '../needless-files.js';
import type { Step } from '../step.js';
import { type Birth, birthSteps, diffEtcdData, setsAside } from './diff-etcd-data.js';
import {
  diffCertificate,
  diffDirectory,
  diffFile,
  diffMode,
  type JudgeOnHost,
  replaces,
  replacesFile,
  textDiff,
} from './diff-file.js';
import { leavingSteps, retiringSteps } from './leaving-pods.js';

/**
 * What has to change on one host, in the order in which it is to happen. Pure.
 * @param judge tells certificates by property
 */
export function diffHost(
  wanted: DesiredHost,
  facts: HostFacts,
  judge: JudgeOnHost,
  birth: Birth,
): readonly Step[] {
  const host = wanted.host;
  const anew = changesKubeletMinor(wanted, facts);
  const steps: Step[] = [];
  const pods = wanted.resources.flatMap((one) =>
    one.kind === 'static-pod' ? diffPod(host, one, facts, birth, anew) : [],
  );
  for (const resource of wanted.resources) {
    if (resource.kind === 'static-pod') continue;
    if (resource.kind === 'unit') steps.push(...diffUnit(host, resource, facts, steps));
    else if (resource.kind === 'directory' && resource.path === birth.dataDir)
      steps.push(...diffEtcdData(host, resource, facts, pods));
    else steps.push(...diffSimple(host, resource, facts, judge));
  }
  steps.push(...needlessFiles(wanted, facts));
  return arrange(
    steps,
    [...retiringSteps(wanted, facts), ...leavingSteps(wanted, facts), ...pods],
    birthSteps(wanted, facts, birth),
  );
}

function diffSimple(
  host: string,
  wanted: Exclude<Resource, UnitResource | StaticPodResource>,
  facts: HostFacts,
  judge: JudgeOnHost,
): Step[] {
  const { phase, because } = wanted;
  switch (wanted.kind) {
    case 'directory':
      return diffDirectory(host, wanted, facts);
    case 'file':
      return diffFile(host, wanted, facts);
    case 'certificate':
      return diffCertificate(host, wanted, facts, judge);
    case 'user': {
      const { name, uid, gid, file } = wanted;
      if (facts.etcdAccount?.user !== undefined) return [];
      return [{ host, phase, action: { do: 'make-user', name, uid, gid, file }, reason: because }];
    }
    case 'kernel-module':
      return facts.modules.includes(wanted.name)
        ? []
        : [{ host, phase, action: { do: 'load-module', name: wanted.name }, reason: because }];
    case 'sysctl': {
      const now = facts.sysctls[wanted.name];
      if (now === wanted.value) return [];
      const reason = now === undefined ? because : `it is ${now}; ${because}`;
      const action = { do: 'set-sysctl', name: wanted.name, value: wanted.value } as const;
      return [{ host, phase, action, reason, ...replaces(now) }];
    }
    case 'binary': {
      const fact = facts.files[wanted.path];
      const { path, mode, sha256, size } = wanted;
      if (fact?.sha256 === sha256) return diffMode(host, phase, path, mode, fact);
      const reason = fact === undefined ? because : `the one on the host is not ${wanted.version}`;
      const action = { do: 'install-binary', path, mode, sha256, size } as const;
      return [{ host, phase, action, reason, ...replacesFile(fact) }];
    }
    case 'image':
      return diffImage(host, wanted, facts);
  }
}

/** An image is there when its name leads to it and containerd has all of its content: a name alone starts no pod. */
function diffImage(host: string, wanted: ImageResource, facts: HostFacts): Step[] {
  const { phase, because, ref, digest, blobs } = wanted;
  const fact = facts.images.find((image) => image.ref === ref);
  const lacking = blobs.filter(({ sha256 }) => !facts.content.includes(sha256));
  if (fact?.digest === digest && lacking.length === 0)
    return fact.pinned ? [] : [{ host, phase, action: { do: 'pin-image', ref }, reason: 'it is not pinned' }];
  const size = lacking.reduce((sum, blob) => sum + blob.size, 0);
  let reason = because;
  if (fact?.digest === digest)
    reason = `${lacking.length} of its ${blobs.length} blobs are gone from containerd`;
  else if (fact) reason = `the one on the host has another digest, ${fact.digest.slice(0, 19)}`;
  const action = { do: 'import-image', ref, digest, size } as const;
  return [{ host, phase, action, reason, ...replaces(fact?.digest) }];
}

const touched = (step: Step): string | undefined => ('path' in step.action ? step.action.path : undefined);

/** A unit is enabled, started, or restarted because of what `earlier` steps change under it. */
function diffUnit(host: string, wanted: UnitResource, facts: HostFacts, earlier: readonly Step[]): Step[] {
  const { phase, name, because } = wanted;
  const fact = facts.units[name];
  const steps: Step[] = [];
  // Who may read a file is nothing that its reader would have to be told of.
  const written = earlier.filter(({ action }) => action.do !== 'set-mode');
  const paths = new Set(written.map(touched));
  const changed = [...paths].filter((path) => path !== undefined && wanted.restartOn.includes(path));
  const rewritten = written.some((step) => touched(step)?.startsWith(`/etc/systemd/system/${name}`));
  // A run that ended between writing a unit and having it read leaves the right file and the wrong process.
  const unread = !rewritten && fact?.stale === true;
  const isEnabled = fact?.enabled === 'enabled';
  // Enabling a unit sees to that.
  if (isEnabled && (rewritten || unread)) {
    const reason = rewritten
      ? `the unit file of ${name} changes`
      : `systemd has not reloaded the unit file of ${name}`;
    steps.push({ host, phase, action: { do: 'reload-units' }, reason });
  }
  if (!isEnabled) steps.push({ host, phase, action: { do: 'enable-unit', name }, reason: because });
  if (fact?.active !== 'active' && fact?.active !== 'activating')
    steps.push({ host, phase, action: { do: 'start-unit', name }, reason: because });
  else {
    const reason = unread
      ? 'its unit file has changed since'
      : (reasonToRestart(changed, fact) ?? lostRoutes(wanted, facts));
    if (reason) steps.push({ host, phase, action: { do: 'restart-unit', name }, reason });
  }
  return steps;
}

/** Somebody, or the network's own service, took them away. */
function lostRoutes({ routes = [] }: UnitResource, { network }: HostFacts): string | undefined {
  const told = ({ to, via }: Pick<RouteFact, 'to' | 'via'>) => `${to} via ${via}`;
  const there = new Set(network.routes.map(told));
  const lost = routes.filter((route) => !there.has(told(route)));
  return lost.length === 0 ? undefined : `the route to ${lost.map(({ to }) => to).join(', ')} is gone`;
}

/** What changes under a unit now, or what an earlier run changed and then did not live to restart the unit for. */
function reasonToRestart(changed: readonly (string | undefined)[], fact: UnitFact): string | undefined {
  if (changed.length > 0) return `${changed.join(', ')} changes`;
  if (fact.rewritten) return `${fact.rewritten.join(', ')} was written after it started`;
  return fact.outdated ? 'the program that runs is not the one on the disk' : undefined;
}

/**
 * A manifest is put where no pod of that name can be running, and switched where one may be.
 * @param anew the kubelet is about to start all of its pods anew
 */
function diffPod(
  host: string,
  wanted: StaticPodResource,
  facts: HostFacts,
  birth: Birth,
  anew: boolean,
): Step[] {
  const { phase, name, path, mode, content, revision } = wanted;
  const fact = facts.files[path];
  const sha256 = digestOf(content);
  const kubeletRuns = facts.units['kubelet.service']?.active === 'active';
  const base = { pod: name, path, mode, sha256, revision };
  if (fact === undefined)
    return [{ host, phase, action: { do: 'put-manifest', ...base }, reason: wanted.because }];
  const isSame =
    fact.sha256 === sha256 || (fact.content !== undefined && withoutReturn(fact.content) === content);
  if (!isSame) {
    const diff = fact.content === undefined ? {} : { diff: textDiff(path, fact.content, content) };
    const reason = 'its content differs';
    return [
      {
        host,
        phase,
        action: { do: kubeletRuns ? 'switch-manifest' : 'put-manifest', ...base },
        reason,
        ...replacesFile(fact),
        ...diff,
      },
    ];
  }
  const again = (doing: 'put-manifest' | 'switch-manifest', reason: string): Step[] => [
    { host, phase, action: { do: doing, ...base }, reason, ...replacesFile(fact) },
  ];
  if (name === 'etcd' && setsAside(birth))
    return again(
      kubeletRuns ? 'switch-manifest' : 'put-manifest',
      'its pod is replaced together with the old data',
    );
  if (
    kubeletRuns &&
    !mayHaveEnded(wanted) &&
    !facts.sandboxes.some((sandbox) => sandbox.revision === revision && sandbox.running)
  )
    return again('switch-manifest', 'the pod that runs is not of this revision');
  if (kubeletRuns && anew) return again('switch-manifest', startsAnew);
  return diffMode(host, phase, path, mode, fact);
}

const startsAnew = 'a kubelet of another minor version restarts every static pod';

/** Manifests come before the kubelet starts, and after it has been restarted: never while it restarts. */
function arrange(steps: Step[], pods: Step[], born: Step[]): readonly Step[] {
  const starts = steps.findIndex(
    (step) => step.action.do === 'start-unit' && step.action.name === 'kubelet.service',
  );
  if (starts < 0) return [...steps, ...born, ...pods];
  return [...steps.slice(0, starts), ...born, ...pods, ...steps.slice(starts)];
}
