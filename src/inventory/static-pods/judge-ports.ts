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

/** A port of a host that something takes. */
export interface TakenPort {
  readonly port: number;
  /** TCP, UDP or SCTP. */
  readonly protocol: string;
  /** Absent for all addresses of the host. */
  readonly address?: string;
}

/** The ports of the host that a pod takes: its host ports, and on the host's own network all that it names. Pure. */
export function portsOnHost(pod: unknown): readonly (TakenPort & { readonly path: Path })[] {
  const { hostNetwork } = fieldsOf(fieldsOf(pod)['spec']);
  return containersOf(fieldsOf(pod)).flatMap(({ container, path }) =>
    listOf(container['ports']).flatMap(({ containerPort, hostPort, protocol, hostIP }, index) => {
      const port = hostNetwork === true ? (hostPort ?? containerPort) : hostPort;
      const address = text(hostIP);
      return typeof port !== 'number' || port === 0
        ? []
        : [
            {
              port,
              protocol: text(protocol) ?? 'TCP',
              ...(address === undefined || everywhere.includes(address) ? {} : { address }),
              path: [...path, 'ports', index],
            },
          ];
    }),
  );
}

const everywhere = ['0.0.0.0', '::'];

/** Whether a kubelet, or the kernel, lets only one of both have it. Pure. */
export const collide = (one: TakenPort, other: TakenPort): boolean =>
  one.port === other.port &&
  one.protocol === other.protocol &&
  (one.address === undefined || other.address === undefined || one.address === other.address);

/** `80/TCP`, `80/TCP on 127.0.0.1`. Pure. */
export const portText = ({ port, protocol, address }: TakenPort): string =>
  `${port}/${protocol}${address === undefined ? '' : ` on ${address}`}`;
