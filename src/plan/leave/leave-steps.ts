import type { ApiObject } from '../../kubernetes/api-object.js';
import { isReady } from '../../kubernetes/conditions.js';
import type { HostFacts } from '../../observed/facts.js';
import type { EtcdView } from '../../observed/views/etcd-view.js';
import type { Step } from '../step.js';
import { localVolumes } from './local-volumes.js';

/** A host that has left the inventory, as far as it can be seen. */
export interface Leaving {
  readonly name: string;
  /** Undefined when it cannot be reached. */
  readonly facts?: HostFacts | undefined;
  /** Why it cannot be reached. */
  readonly said?: string | undefined;
  /** Why the machine at its address is not that host, as `is w-2`; then nothing is done there. */
  readonly isNot?: string | undefined;
}

export interface LeaveInput {
  readonly leaving: readonly Leaving[];
  readonly etcd: EtcdView;
  /** Members of etcd whose host is no control plane of the inventory. */
  readonly members: readonly LeavingMember[];
  /** The node that the API has of a host, undefined for none; absent when no API server answered. */
  readonly nodeOf?: (name: string) => ApiObject | undefined;
  /** PersistentVolumes of the API. */
  readonly volumes?: readonly ApiObject[];
}

/** A member of etcd that is to go. */
export interface LeavingMember {
  readonly id: string;
  /** Name of its host; the address that others reach it by when it has never started. */
  readonly name: string;
}

/**
 * How hosts leave that the inventory no longer has. A member of etcd that does not vote goes before anything joins: it
 * only makes the majority larger. One that votes goes at the end, one after another, when all else is in its place. Pure.
 */
export function leaveSteps(input: LeaveInput): readonly Step[] {
  const { leaving, members } = input;
  const known = leaving.map(({ name }) => name);
  const unknown = members.filter(({ name }) => !known.includes(name)).map(({ name }) => ({ name }));
  return [...leaving, ...unknown].flatMap((one) => stepsOf(input, one));
}

function stepsOf({ etcd, members, nodeOf, volumes = [] }: LeaveInput, one: Leaving): Step[] {
  const { name, facts, isNot } = one;
  const reason = because(one);
  const step = (action: Step['action'], why = reason): Step => ({
    host: name,
    phase: 'leave',
    action,
    reason: why,
  });
  const ours = facts !== undefined && isNot === undefined;
  const member = members.find((other) => other.name === name);
  const remove = member && ({ do: 'remove-etcd-member', member: name, id: member.id } as const);
  const votes = etcd.voting.includes(name);
  const node = nodeOf?.(name);
  const only = node === undefined ? [] : localVolumes(volumes, node);
  return [
    ...(remove && !votes
      ? [{ ...step(remove, `it does not vote; ${reason}`), phase: 'lost-members' as const }]
      : []),
    // A kubelet that does not answer ends no pod: waiting for it would never end.
    ...(ours && node && isReady(node) ? [step({ do: 'drain-node', node: name })] : []),
    ...(remove && votes && ours
      ? [step({ do: 'stop-control-plane' }, 'they need the etcd beside them')]
      : []),
    ...(remove && votes ? [step(remove)] : []),
    ...(ours ? [step({ do: 'reset-host' })] : []),
    ...(nodeOf === undefined || node
      ? [step({ do: 'delete-node', node: name, ...(only.length === 0 ? {} : { volumes: [...only] }) })]
      : []),
  ];
}

function because({ facts, said, isNot }: Leaving): string {
  const left = 'it is no longer in spec.hosts';
  if (facts === undefined)
    return `${left}; nothing is deleted on the host, which cannot be reached${said ? `: ${said}` : ''}`;
  return isNot === undefined
    ? left
    : `${left}; nothing is deleted on the machine at its address, which ${isNot}`;
}
