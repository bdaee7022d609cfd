import { containersOf, fieldsOf, isFields, type PodComplaint, type Rule } from './pod-rule.js';

const handlers = ['exec', 'httpGet', 'tcpSocket', 'grpc'];

export const probes: Rule = (pod) =>
  containersOf(pod).flatMap(({ container, path }) =>
    ['livenessProbe', 'readinessProbe', 'startupProbe'].flatMap((field): readonly PodComplaint[] => {
      if (!isFields(container[field])) return [];
      const probe = container[field];
      const at = [...path, field];
      const found = handlers.filter((handler) => probe[handler] !== undefined && probe[handler] !== null);
      if (found.length !== 1)
        return [
          {
            path: at,
            found: found.length === 0 ? 'a probe that asks nothing' : 'a probe that asks in several ways',
            expected: `one of ${handlers.join(', ')}`,
          },
        ];
      const { port, command } = fieldsOf(probe[found[0]!]);
      if (found[0] === 'exec' && !(Array.isArray(command) && command.length > 0))
        return [{ path: [...at, 'exec', 'command'], found: 'no command', expected: 'a command to run' }];
      if (found[0] !== 'exec' && port === undefined)
        return [{ path: [...at, found[0]!, 'port'], found: 'no port', expected: 'the port to ask' }];
      return field !== 'readinessProbe' &&
        probe['successThreshold'] !== undefined &&
        probe['successThreshold'] !== 1
        ? [{ path: [...at, 'successThreshold'], found: 'a threshold', expected: '1' }]
        : [];
    }),
  );

/** What a gate can ask of the pod. */
export const gate: Rule = (pod) => {
  const { restartPolicy } = fieldsOf(pod['spec']);
  const all = containersOf(pod);
  const asked = all.some(({ container }) => isFields(container['readinessProbe']));
  return asked || all.length === 0 || (restartPolicy !== undefined && restartPolicy !== 'Always')
    ? []
    : [
        {
          path: ['spec', 'containers'],
          found: 'no readiness probe: the gate of this pod is that its containers run',
          expected: 'a readinessProbe, which tells whether it serves',
          severity: 'warning' as const,
        },
      ];
};
