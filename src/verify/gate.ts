import { servedFiles } from '../desired/node/kubelet-serving.js';
import { podRow } from '../desired/pods/own-pods.js';
import type { DesiredHost, FileResource, StaticPodResource } from '../desired/resource.js';
import { paths } from '../host/paths.js';
import type { Host } from '../inventory/inventory.js';
import { readYaml } from '../read-yaml.js';

/** An address on a host that answers 200 when a component is well. */
export interface Gate {
  readonly component: string;
  readonly scheme: 'http' | 'https';
  readonly address: string;
  readonly port: number;
  readonly path: string;
  /** It is the kubelet that tells how this pod is, among all of its own. */
  readonly pod?: ToldPod;
}

/** A static pod of people's own, of which only its kubelet knows whether it is ready. */
export interface ToldPod {
  /** With the node's name at its end. */
  readonly name: string;
  readonly revision: string;
}

interface Probe {
  readonly httpGet?: {
    readonly host?: string;
    readonly port?: number | string;
    readonly path?: string;
    readonly scheme?: string;
  };
}

interface Manifest {
  readonly spec: {
    readonly containers: readonly {
      readonly ports?: readonly { readonly name?: string; readonly containerPort: number }[];
      readonly readinessProbe?: Probe;
      readonly livenessProbe?: Probe;
    }[];
  };
}

/**
 * The gate of a static pod: its own readiness probe, else its liveness probe, so that flags and patches which move a
 * port move the gate too.
 * @param nodeAddress where a probe without a host goes, as with the kubelet
 */
export function gateOf(pod: StaticPodResource, nodeAddress: string): Gate | undefined {
  const [container] = (readYaml(pod.content) as Manifest).spec.containers;
  const probe = (container?.readinessProbe ?? container?.livenessProbe)?.httpGet;
  if (container === undefined || probe?.port === undefined) return undefined;
  const port =
    typeof probe.port === 'number'
      ? probe.port
      : container.ports?.find(({ name }) => name === probe.port)?.containerPort;
  if (port === undefined) return undefined;
  return {
    component: pod.name,
    scheme: probe.scheme === 'HTTPS' ? 'https' : 'http',
    address: probe.host || nodeAddress,
    port,
    path: probe.path ?? '/',
  };
}

interface KubeletSettings {
  readonly healthzBindAddress?: string;
  readonly healthzPort?: number;
  readonly port?: number;
  readonly tlsCertFile?: string;
  readonly address?: string;
}

/** What the wanted configuration of a kubelet says. */
function kubeletSettingsOf({ resources }: DesiredHost): KubeletSettings {
  const file = resources.find(
    ({ kind, ...rest }) => kind === 'file' && 'path' in rest && rest.path === paths.kubeletConfig,
  );
  // Where the wanted state was read from a host, it may have none.
  return file?.kind === 'file' && typeof file.content === 'string' && file.content !== ''
    ? (readYaml(file.content) as KubeletSettings)
    : {};
}

/**
 * The gate of a pod that takes up a new configuration by itself: it is also asked whether it has loaded the one that the host
 * is to have, since no restart tells that.
 */
export function tellingGate(gate: Gate, { resources }: DesiredHost): Gate {
  const tells = podRow(gate.component)?.tells;
  if (tells === undefined) return gate;
  const file = resources.find((one): one is FileResource => one.kind === 'file' && one.path === tells.path);
  const revision = typeof file?.content === 'string' ? tells.revisionIn(file.content) : undefined;
  return revision === undefined ? gate : { ...gate, path: `${gate.path}?revision=${revision}` };
}

/** The gate of a static pod of people's own: what its kubelet says of it. @param host name of the host */
export function toldGateOf({ name, revision }: StaticPodResource, host: string, wanted: DesiredHost): Gate {
  const { address = '', port = 10250 } = kubeletSettingsOf(wanted);
  return {
    component: name,
    scheme: 'https',
    address: ['', '0.0.0.0', '::'].includes(address) ? '127.0.0.1' : address,
    port,
    path: '/pods',
    pod: { name: `${name}-${host}`, revision },
  };
}

/** The kubelet's own gate: where its configuration says that it answers, else at its defaults. */
export function kubeletGateOf(wanted: DesiredHost): Gate {
  const config = kubeletSettingsOf(wanted);
  return {
    component: 'kubelet',
    scheme: 'http',
    address: config.healthzBindAddress ?? '127.0.0.1',
    port: config.healthzPort ?? 10248,
    path: '/healthz',
  };
}

/** Where API servers reach the kubelet of a host; undefined when it is to serve with a certificate of the user's choice. */
export function kubeletServerOf(
  { advertiseAddress }: Host,
  wanted: DesiredHost,
): { readonly address: string; readonly port: number } | undefined {
  const { tlsCertFile, port = 10250 } = kubeletSettingsOf(wanted);
  return tlsCertFile === servedFiles.tlsCertFile ? { address: advertiseAddress, port } : undefined;
}
