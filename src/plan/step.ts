import { podNetworkUnitName } from '../desired/node/pod-routes.js';
import { takenAlong } from '../desired/pods/dependence.js';
import type { PhaseName } from '../desired/resource.js';
import { paths } from '../host/paths.js';
import { digestOf } from '../secrets/digest.js';
import type { Action } from './action.js';
import type { Wave } from './waves/wave.js';

export type { Action } from './action.js';

/** One change on one host (or on the cluster's API, where host is empty), and why. */
export interface Step {
  readonly host: string;
  readonly phase: PhaseName;
  readonly action: Action;
  readonly reason: string;
  /** What is there now and goes: the digest of a file or image (or what else is at the path), the value of a setting. Absent where there is nothing. */
  readonly replaces?: string;
  /** Unified diff of a text file; absent for secrets, binaries and new files. */
  readonly diff?: string;
}

/** Something on a host that is not ours and is left alone. */
export interface Stranger {
  readonly host: string;
  readonly path: string;
  readonly said: string;
}

/** What `up` would do. Empty steps mean converged. */
export interface Plan {
  readonly steps: readonly Step[];
  /** Those steps, in the order in which they are taken. A wave may come that has no step, where there is something to await or to compare. */
  readonly waves: readonly Wave[];
  readonly strangers: readonly Stranger[];
  /** Names of API objects that could not be compared, since no API server answered; absent when all were. */
  readonly uncompared?: readonly string[];
}

/** True for a step that brings an artifact to its host. */
export const isTransfer = ({ action }: Step): boolean =>
  action.do === 'install-binary' || action.do === 'import-image';

/** Taken when the run is noted on the host; see apply/note-run.ts. */
export const isNoted = ({ action }: Step): boolean => action.do === 'forget-secrets';

/** A step as one line of text, without its host. */
export function describeStep({ action }: Step): string {
  switch (action.do) {
    case 'make-directory':
      return `make directory ${action.path}`;
    case 'write-file':
      return `write ${action.path}`;
    case 'set-mode':
      return `set mode ${action.mode.toString(8).padStart(4, '0')} and owner ${ownerName(action.owner)} on ${action.path}`;
    case 'remove-file':
      return action.pod === undefined ? `remove ${action.path}` : `remove static pod ${action.pod}`;
    case 'forget-secrets':
      return `take secrets out of ${forgotten(action)}`;
    case 'make-user':
      return `make the user ${action.name} with the ids ${action.uid}:${action.gid}`;
    case 'load-module':
      return `load kernel module ${action.name}`;
    case 'set-sysctl':
      return `set ${action.name}=${action.value}`;
    case 'install-binary':
      return `install ${action.path} (${megabytes(action.size)})`;
    case 'import-image':
      return `import ${action.ref} (${megabytes(action.size)})`;
    case 'pin-image':
      return `pin ${action.ref} against garbage collection`;
    case 'reload-units':
      return 'reload systemd units';
    case 'enable-unit':
      return `enable ${action.name}`;
    case 'start-unit':
      return `start ${action.name}`;
    case 'restart-unit':
      return `restart ${action.name}`;
    case 'set-aside-etcd-data':
      return `set ${action.path} aside`;
    case 'own-etcd-data':
      return `give ${action.path} and what is in it to ${ownerName(action.owner)}`;
    case 'mark-etcd-birth':
      return 'let etcd start with an empty data directory';
    case 'put-manifest':
      return `add static pod ${action.pod}`;
    case 'switch-manifest':
      return `switch static pod ${action.pod}`;
    case 'remove-etcd-member':
      return `remove etcd member ${action.member}`;
    case 'add-etcd-learner':
      return `add etcd member ${action.member} as a learner`;
    case 'promote-etcd-member':
      return `promote etcd member ${action.member}`;
    case 'save-snapshot':
      return 'save a snapshot of etcd on this machine';
    case 'drain-node':
      return `drain node ${action.node}`;
    case 'uncordon-node':
      return `uncordon node ${action.node}`;
    case 'remove-object':
      return `remove ${action.object}`;
    case 'stop-control-plane':
      return 'stop kube-apiserver, kube-controller-manager and kube-scheduler';
    case 'reset-host':
      return 'reset the host: remove what podstrap put on it';
    case 'delete-node':
      return `delete Node ${action.node}${action.volumes ? `, the only one with volume ${action.volumes.join(', ')}` : ''}`;
    case 'apply-object':
      return `${action.create ? 'create' : 'update'} ${action.object}`;
  }
}

const ownerName = (owner: { uid: number; gid: number } | undefined): string =>
  owner === undefined ? 'root' : `${owner.uid}:${owner.gid}`;

const forgotten = ({ inventories, store }: Action & { readonly do: 'forget-secrets' }): string =>
  [...(inventories.length > 0 ? [paths.generations] : []), ...(store ? [paths.store] : [])].join(' and ');

const megabytes = (bytes: number): string =>
  bytes < 1e6 ? `${Math.ceil(bytes / 1e3)} kB` : `${(bytes / 1e6).toFixed(1)} MB`;

/** A step's identity: two plans have the same step when this is equal. */
export const stepKey = (step: Step): string => JSON.stringify([step.host, step.phase, step.action]);

/** What stops for a moment because of these steps: static pods, then units, each once. */
export function restartsOf(steps: readonly Step[]): readonly string[] {
  const names = steps.flatMap(({ action }) => {
    if (action.do === 'remove-file' && action.pod !== undefined) return [action.pod];
    if (action.do === 'switch-manifest') return [action.pod, ...takenAlong(action.pod)];
    return action.do === 'restart-unit' && action.name !== podNetworkUnitName
      ? [action.name.replace(/\.service$/, '')]
      : [];
  });
  return [...new Set(names)];
}

/** Tells plans apart: the same steps have the same digest. Hex SHA-256. */
export const planDigest = (steps: readonly Step[]): string => digestOf(steps.map(stepKey).join('\n'));
