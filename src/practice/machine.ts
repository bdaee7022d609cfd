import type { Server } from 'node:http';
import type { ComponentContext } from './components/component.js';
import { Crash } from './components/component.js';
import type { EtcdClusters } from './components/etcd-clusters.js';
import { startComponent } from './components/start-component.js';
import { ContainerRecords } from './kubelet/container-records.js';
import { Kubelet, type KubeletGround } from './kubelet/kubelet.js';
import { KubeletServer, kubeletPort } from './kubelet/kubelet-server.js';
import type { KubeletSettings } from './kubelet/kubelet-settings.js';
import { NodeAgent } from './kubelet/node-agent.js';
import { hostPathOf, type PodContainer, type StaticPod } from './kubelet/static-pod.js';
import type { PracticeNetwork } from './network.js';
import type { Pace } from './pace.js';
import type { Inhabitant, PracticeHost } from './practice-host.js';
import { Timers } from './timers.js';

/** What all machines of a site share. */
export interface MachineGround {
  readonly network: PracticeNetwork;
  readonly clusters: EtcdClusters;
  readonly pace: Pace;
}

/** What lives on a host: its kubelet, the processes in its pods, and its node in the API. */
export function inhabit(host: PracticeHost, ground: MachineGround): Inhabitant {
  const { network, pace } = ground;
  const timers = new Timers();
  const now = () => Date.now() + host.faults.clockOffset * 1000;
  const agent = new NodeAgent(
    { host, network, now, retry: pace.retry, registered: () => kubelet.look() },
    timers,
  );
  let settings: KubeletSettings | undefined;
  const kubelet: Kubelet = new Kubelet(host, {
    files: host.files,
    records: new ContainerRecords(host.files),
    pace,
    journal: (line) => host.files.append('/run/practice/journal/kubelet.service', `${line}\n`),
    start: (pod, container, process) =>
      startComponent(container.command, host.faults.unknownFlags, (flags) =>
        componentContext(host, ground, settings?.nodeName ?? host.name, {
          pod,
          container,
          flags,
          now,
          process,
        }),
      ),
    isSupervised: (uid) => kubelet.supervises(uid),
    hasSeenApi: () => agent.hasSeenApi,
    changed: () => agent.update(() => kubelet.pods),
    listenHealthz: (address, port, server: Server) =>
      network.listen(host, address, port, 'kubelet', (stream) => void server.emit('connection', stream)),
    listenTls: (next) => {
      const server = new KubeletServer(host.files, next, () => kubelet.pods);
      return network.listen(host, '0.0.0.0', kubeletPort, 'kubelet', server.listener, server);
    },
    started: (next) => {
      settings = next;
      agent.start(next, () => kubelet.pods);
    },
    stopped: () => agent.stop(),
  } satisfies KubeletGround);
  return {
    look: () => kubelet.look(),
    powerCut: () => {
      timers.clear();
      kubelet.powerCut();
      agent.stop();
    },
  };
}

interface Process {
  readonly pod: StaticPod;
  readonly container: PodContainer;
  readonly flags: ReadonlyMap<string, string>;
  readonly now: () => number;
  readonly process: { log(line: string): void; crash(message: string): void; timers: Timers };
}

function componentContext(
  host: PracticeHost,
  ground: MachineGround,
  nodeName: string,
  { pod, container, flags, now, process }: Process,
): ComponentContext {
  const hostPath = (path: string) => hostPathOf(pod, container, path);
  return {
    ...ground,
    host,
    nodeName,
    image: container.image,
    user: pod.user,
    flags,
    env: container.env,
    now,
    fault: () => host.faults.components.get(container.name) ?? {},
    hostPath,
    read: (path) => {
      const real = hostPath(path);
      const text = real === undefined ? undefined : host.files.read(real);
      if (text === undefined) throw new Crash(`open ${path}: no such file or directory`);
      if (!host.files.mayRead(real!, pod.user)) throw new Crash(`open ${path}: permission denied`);
      return text;
    },
    log: (line) => process.log(line),
    after: (milliseconds, action) => process.timers.after(milliseconds, action),
    crash: (message) => process.crash(message),
  };
}
