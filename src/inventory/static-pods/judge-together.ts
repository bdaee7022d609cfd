import { containersOf, fieldsOf, isFields, listOf, type PodComplaint, type Rule, text } from './pod-rule.js';

/** Fields that are sound by themselves and do not go together. */
export const together: Rule = (pod) => {
  const spec = fieldsOf(pod['spec']);
  const wrong: PodComplaint[] = [];
  const tell = (path: PodComplaint['path'], found: string, expected: string) =>
    wrong.push({ path, found, expected });
  if (spec['dnsPolicy'] === 'None' && !isFields(spec['dnsConfig']))
    tell(['spec', 'dnsPolicy'], 'None without dnsConfig', '`dnsConfig` with name servers');
  if (spec['shareProcessNamespace'] === true && spec['hostPID'] === true)
    tell(['spec', 'shareProcessNamespace'], 'shareProcessNamespace with hostPID', 'one of both');
  for (const [index, { emptyDir }] of listOf(spec['volumes']).entries())
    if (amountOf(fieldsOf(emptyDir)['sizeLimit']) < 0)
      tell(['spec', 'volumes', index, 'emptyDir', 'sizeLimit'], 'less than zero', 'at least 0');
  for (const [index, { key, operator, value }] of listOf(spec['tolerations']).entries()) {
    const path = ['spec', 'tolerations', index];
    if (text(key) === undefined && operator !== 'Exists')
      tell(path, 'a toleration without a key', '`operator: Exists`, or a key');
    if (operator === 'Exists' && text(value) !== undefined) tell(path, 'Exists with a value', 'no value');
  }
  for (const { container, path, init } of containersOf(pod)) {
    if (init && container['restartPolicy'] !== 'Always')
      for (const field of ['livenessProbe', 'readinessProbe', 'startupProbe', 'lifecycle'])
        if (isFields(container[field]))
          tell([...path, field], 'on an init container that has to end', '`restartPolicy: Always`, or none');
    const { privileged, allowPrivilegeEscalation } = fieldsOf(container['securityContext']);
    if (privileged === true && allowPrivilegeEscalation === false)
      tell([...path, 'securityContext'], 'privileged without allowPrivilegeEscalation', 'one or the other');
    const { requests, limits } = fieldsOf(container['resources']);
    for (const [resource, wanted] of Object.entries(fieldsOf(requests))) {
      const limit = fieldsOf(limits)[resource];
      const at = [...path, 'resources', 'requests', resource];
      if (amountOf(wanted) < 0) tell(at, 'less than zero', 'at least 0');
      if (limit !== undefined && amountOf(wanted) > amountOf(limit))
        tell(at, 'more than the limit', 'at most the limit');
    }
  }
  return wrong;
};

const units: Readonly<Record<string, number>> = {
  n: 1e-9,
  u: 1e-6,
  m: 1e-3,
  '': 1,
  k: 1e3,
  M: 1e6,
  G: 1e9,
  T: 1e12,
  P: 1e15,
  E: 1e18,
  Ki: 2 ** 10,
  Mi: 2 ** 20,
  Gi: 2 ** 30,
  Ti: 2 ** 40,
  Pi: 2 ** 50,
  Ei: 2 ** 60,
};

/** A quantity as a number; not a number for what is none. */
export function amountOf(quantity: unknown): number {
  const [, number, unit = ''] =
    /^([-+]?[\d.]+(?:[eE][-+]?\d+)?)([numkMGTPE]|[KMGTPE]i)?$/.exec(String(quantity)) ?? [];
  return number === undefined ? Number.NaN : Number(number) * units[unit]!;
}
