import { practiceImage } from '../../check/practice-nodes.js';
import { paths } from '../../host/paths.js';
import { type ApiClientGround, askApi, type ClientRequest } from '../components/api-client.js';
import type { Timers } from '../timers.js';
import type { KubeletSettings } from './kubelet-settings.js';
import type { PodRunner } from './pod-runner.js';

interface Node {
  readonly metadata: { readonly name: string; readonly labels: object };
  readonly status: object;
}

interface NodeGround extends ApiClientGround {
  readonly retry: number;
  /** The API knows the node, for the first time since the kubelet started. */
  readonly registered: () => void;
}

/**
 * The side of the kubelet that speaks to the API: it registers its node, and shows its static pods as mirror pods.
 * Nothing of it is needed for static pods to run.
 */
export class NodeAgent {
  readonly #ground: NodeGround;
  readonly #timers: Timers;
  #settings: KubeletSettings | undefined;
  #isRegistered = false;
  #isDue = false;
  #mirrored = '';

  constructor(ground: NodeGround, timers: Timers) {
    this.#ground = ground;
    this.#timers = timers;
  }

  start(settings: KubeletSettings, pods: () => readonly PodRunner[]): void {
    this.#settings = settings;
    this.#isRegistered = false;
    this.#mirrored = '';
    this.update(pods);
  }

  /** True when the kubelet has seen the API since it started, or has none to see. */
  get hasSeenApi(): boolean {
    return this.#settings !== undefined && (this.#isRegistered || this.#settings.kubeconfig === undefined);
  }

  stop(): void {
    this.#settings = undefined;
  }

  /** Tells the API what is new, now or when it can be reached. */
  update(pods: () => readonly PodRunner[]): void {
    if (this.#isDue || this.#settings?.kubeconfig === undefined) return;
    this.#isDue = true;
    this.#timers.after(0, () => this.#turn(pods));
  }

  #turn(pods: () => readonly PodRunner[]): void {
    this.#isDue = false;
    if (this.#settings === undefined) return;
    if (!this.#isRegistered) {
      this.#isRegistered = this.#register(this.#settings);
      if (this.#isRegistered) this.#ground.registered();
    }
    if (this.#isRegistered && this.#mirror(this.#settings, pods())) return;
    this.#isDue = true;
    this.#timers.after(this.#ground.retry, () => this.#turn(pods));
  }

  #ask(request: ClientRequest): number {
    const answer = askApi(this.#ground, this.#settings!.kubeconfig!, request);
    return typeof answer === 'string' ? 0 : answer.status;
  }

  #register(settings: KubeletSettings): boolean {
    const node = nodeObject(settings, this.#ground);
    const path = `/api/v1/nodes/${node.metadata.name}`;
    if (this.#ask({ method: 'GET', path }) === 200) {
      // Somebody else made it, or this kubelet earlier: it takes it over with its taints as they are.
      const { metadata, status } = node;
      const body = { metadata: { labels: metadata.labels }, status };
      return this.#ask({ method: 'PATCH', path, contentType: 'application/merge-patch+json', body }) === 200;
    }
    return this.#ask({ method: 'POST', path: '/api/v1/nodes?fieldManager=kubelet', body: node }) === 201;
  }

  /** True when the API shows the pods as they are. */
  #mirror(settings: KubeletSettings, pods: readonly PodRunner[]): boolean {
    const wanted = pods.filter(({ isStopping }) => !isStopping).map((runner) => mirrorPod(runner, settings));
    const text = JSON.stringify(wanted);
    if (text === this.#mirrored) return true;
    const before =
      this.#mirrored === '' ? [] : (JSON.parse(this.#mirrored) as ReturnType<typeof mirrorPod>[]);
    const pathOf = ({ metadata }: ReturnType<typeof mirrorPod>) =>
      `/api/v1/namespaces/${metadata.namespace}/pods/${metadata.name}`;
    for (const pod of before)
      if (
        !wanted.some((one) => pathOf(one) === pathOf(pod)) &&
        this.#ask({ method: 'DELETE', path: pathOf(pod) }) === 0
      )
        return false;
    for (const pod of wanted) {
      const collection = `/api/v1/namespaces/${pod.metadata.namespace}/pods`;
      if (this.#ask({ method: 'PUT', path: pathOf(pod), body: pod }) === 200) continue;
      if (this.#ask({ method: 'POST', path: collection, body: pod }) !== 201) return false;
    }
    this.#mirrored = text;
    return true;
  }
}

const ready = { status: 'True', reason: 'KubeletReady', message: 'kubelet is posting ready status' };
const unconnected = {
  status: 'False',
  reason: 'KubeletNotReady',
  message:
    'container runtime network not ready: NetworkReady=false reason:NetworkPluginNotReady message:Network plugin returns error: cni plugin not initialized',
};

function nodeObject(settings: KubeletSettings, { host, now }: ApiClientGround): Node & object {
  const { nodeName, nodeIps, taints, version } = settings;
  const isConnected = host.files.exists(paths.podNetworkConfig);
  const arch = process.arch === 'x64' ? 'amd64' : process.arch;
  const time = new Date(now()).toISOString().replace(/\.\d+/, '');
  return {
    apiVersion: 'v1',
    kind: 'Node',
    metadata: {
      name: nodeName,
      labels: {
        'kubernetes.io/hostname': nodeName,
        'kubernetes.io/os': 'linux',
        'kubernetes.io/arch': arch,
      },
    },
    spec: {
      taints: isConnected
        ? taints
        : [...taints, { key: 'node.kubernetes.io/not-ready', effect: 'NoSchedule' }],
    },
    status: {
      addresses: [
        ...(nodeIps.length === 0 ? [host.address] : nodeIps).map((address) => ({
          type: 'InternalIP',
          address,
        })),
        { type: 'Hostname', address: nodeName },
      ],
      conditions: [
        {
          type: 'Ready',
          ...(isConnected ? ready : unconnected),
          lastHeartbeatTime: time,
          lastTransitionTime: time,
        },
      ],
      nodeInfo: {
        kubeletVersion: version,
        operatingSystem: 'linux',
        osImage: practiceImage,
        architecture: arch,
      },
    },
  } as Node & object;
}

function mirrorPod(runner: PodRunner, { nodeName }: KubeletSettings) {
  const { pod, restarts } = runner;
  return {
    apiVersion: 'v1',
    kind: 'Pod',
    metadata: {
      name: pod.name,
      namespace: pod.namespace,
      labels: pod.labels,
      annotations: {
        ...pod.annotations,
        'kubernetes.io/config.hash': pod.uid,
        'kubernetes.io/config.mirror': pod.uid,
        'kubernetes.io/config.source': 'file',
      },
    },
    spec: {
      nodeName,
      hostNetwork: true,
      containers: pod.containers.map(({ name, image, command }) => ({ name, image, command })),
    },
    status: {
      phase: 'Running',
      containerStatuses: pod.containers.map(({ name, image }) => ({
        name,
        image,
        ready: runner.isUp(name),
        restartCount: restarts.get(name) ?? 0,
      })),
    },
  };
}
