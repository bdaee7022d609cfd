import type { Path } from '../path.js';
import { containersOf, fieldsOf, listOf, type PodComplaint, type Rule, text } from './pod-rule.js';

export const ports: Rule = (pod) => {
  const { hostNetwork } = fieldsOf(pod['spec']);
  return containersOf(pod).flatMap(({ container, path }) =>
    listOf(container['ports']).flatMap(
      ({ containerPort, hostPort, name }, index): readonly PodComplaint[] => {
        const at = [...path, 'ports', index];
        if (containerPort === undefined)
          return [
            { path: at, found: 'no containerPort', expected: 'the port that the container listens on' },
          ];
        if (hostNetwork === true && hostPort !== undefined && hostPort !== containerPort)
          return [
            {
              path: [...at, 'hostPort'],
              found: 'another port than that of the container, which is on the host’s own network',
              expected: `${String(containerPort)}, or none`,
            },
          ];
        return name === undefined ||
          /^(?=.*[a-z])(?!.*--)[a-z0-9]([a-z0-9-]{0,13}[a-z0-9])?$/.test(String(name))
          ? []
          : [
              {
                path: [...at, 'name'],
                found: 'a malformed name',
                expected: 'at most 15 lower case letters, digits and dashes',
              },
            ];
      },
    ),
  );
};

/** The ports of the host that a pod takes: its host ports, and on the host's own network all that it names. Pure. */
export function portsOnHost(pod: unknown): readonly { readonly port: string; readonly path: Path }[] {
  const { hostNetwork } = fieldsOf(fieldsOf(pod)['spec']);
  return containersOf(fieldsOf(pod)).flatMap(({ container, path }) =>
    listOf(container['ports']).flatMap(({ containerPort, hostPort, protocol, hostIP }, index) => {
      const port = hostNetwork === true ? (hostPort ?? containerPort) : hostPort;
      return typeof port !== 'number' || port === 0
        ? []
        : [
            {
              port: `${port}/${text(protocol) ?? 'TCP'}${text(hostIP) === undefined ? '' : ` on ${String(hostIP)}`}`,
              path: [...path, 'ports', index],
            },
          ];
    }),
  );
}
