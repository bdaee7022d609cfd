import type { Component } from '../components/component.js';
import type { HostFiles } from '../host-files.js';
import type { Pace } from '../pace.js';
import { Timers } from '../timers.js';
import type { ContainerRecords } from './container-records.js';
import type { PodContainer, StaticPod } from './static-pod.js';

/** What a pod needs of its surroundings. */
export interface PodGround {
  readonly files: HostFiles;
  readonly records: ContainerRecords;
  readonly pace: Pace;
  journal(line: string): void;
  /** Starts the process of a container. @throws Crash */
  start(
    pod: StaticPod,
    container: PodContainer,
    process: { log(line: string): void; crash(message: string): void; timers: Timers },
  ): Component;
  /** False while nobody is there to start containers of this pod again. */
  isSupervised(uid: string): boolean;
  /** Something about a pod has changed that others can see. */
  changed(): void;
}

interface Running {
  id: string;
  component: Component | undefined;
  timers: Timers;
}

const cgroupOf = ({ uid }: StaticPod): string =>
  `/sys/fs/cgroup/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod${uid}.slice`;

/** One pod on one host, from its sandbox to the moment when the kubelet has let go of it. */
export class PodRunner {
  readonly pod: StaticPod;
  /** How often containers were started again, by name. */
  readonly restarts = new Map<string, number>();
  /** Ids of everything in the container runtime that this pod has made. */
  readonly ids = new Set<string>();
  readonly #ground: PodGround;
  readonly #timers = new Timers();
  readonly #running = new Map<string, Running>();
  /** Containers that are to start again once somebody supervises them, with the number of the attempt. */
  readonly #due = new Map<PodContainer, number>();
  #sandbox: string | undefined;
  #isStopping = false;

  constructor(pod: StaticPod, ground: PodGround) {
    this.pod = pod;
    this.#ground = ground;
  }

  get #logs(): string {
    return `/var/log/pods/${this.pod.namespace}_${this.pod.name}_${this.pod.uid}`;
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  isUp(container: string): boolean {
    return this.#running.get(container)?.component !== undefined;
  }

  /** What keeps the pod from starting, in the kubelet's words; undefined when nothing does. */
  obstacle(): string | undefined {
    const { records } = this.#ground;
    const image = this.pod.containers.find((container) => !records.hasImage(container.image))?.image;
    // Volumes come first, as in the kubelet.
    return (
      this.#volumeObstacle() ?? (image && `Error: image "${image}" not present, and nothing is pulled here`)
    );
  }

  #volumeObstacle(): string | undefined {
    for (const [name, { path, type }] of this.pod.volumes) {
      const kind = this.#ground.files.kindOf(path);
      const wanted = type === 'File' ? 'file' : type === 'Directory' ? 'directory' : undefined;
      if (wanted !== undefined && kind !== wanted)
        return `MountVolume.SetUp failed for volume "${name}": hostPath type check failed: ${path} is not a ${wanted}`;
      if (type === 'FileOrCreate' && kind === 'directory')
        return `MountVolume.SetUp failed for volume "${name}": hostPath type check failed: ${path} is not a file`;
    }
    return undefined;
  }

  start(): void {
    const { files, records, pace, journal } = this.#ground;
    for (const { path, type } of this.pod.volumes.values())
      if (type === 'DirectoryOrCreate') files.makeDirectory(path);
      else if (type === 'FileOrCreate' && !files.exists(path)) files.write(path, '');
    files.makeDirectory(`/var/lib/kubelet/pods/${this.pod.uid}`);
    files.makeDirectory(cgroupOf(this.pod));
    files.makeDirectory(this.#logs);
    this.#sandbox = records.create(this.pod, undefined);
    this.ids.add(this.#sandbox);
    journal(
      `"Created sandbox for pod" pod="${this.pod.namespace}/${this.pod.name}" podUID="${this.pod.uid}"`,
    );
    this.#timers.after(pace.podStart, () => {
      for (const container of this.pod.containers) this.#startContainer(container, 0);
    });
  }

  #startContainer(container: PodContainer, attempt: number): void {
    const { files, records } = this.#ground;
    const log = `${this.#logs}/${container.name}/${attempt}.log`;
    files.append(log, '');
    const running: Running = {
      id: records.create(this.pod, container, this.#sandbox),
      component: undefined,
      timers: new Timers(),
    };
    this.ids.add(running.id);
    this.#running.set(container.name, running);
    const write = (line: string) =>
      files.append(log, `${new Date().toISOString().replace('Z', '000000Z')} stderr F ${line}\n`);
    const crash = (message: string) => this.#died(container, attempt, running, message, write);
    try {
      running.component = this.#ground.start(this.pod, container, {
        log: write,
        crash,
        timers: running.timers,
      });
      this.#ground.changed();
    } catch (error) {
      crash((error as Error).message);
    }
  }

  #died(
    container: PodContainer,
    attempt: number,
    running: Running,
    message: string,
    write: (line: string) => void,
  ): void {
    if (this.#running.get(container.name) !== running) return;
    write(message);
    this.#end(container.name);
    this.restarts.set(container.name, attempt + 1);
    const { pace, journal } = this.#ground;
    const pause = Math.min(pace.backOff * 2 ** attempt, pace.backOff * 10);
    journal(
      `"Error syncing pod, skipping" err="failed to \\"StartContainer\\" for \\"${container.name}\\" with CrashLoopBackOff: \\"back-off ${pause}ms restarting failed container=${container.name} pod=${this.pod.name}_${this.pod.namespace}(${this.pod.uid})\\""`,
    );
    this.#ground.changed();
    this.#timers.after(pause, () => {
      this.#due.set(container, attempt + 1);
      this.resume();
    });
  }

  /** Starts again what is due. */
  resume(): void {
    if (this.#isStopping || !this.#ground.isSupervised(this.pod.uid)) return;
    for (const [container, attempt] of this.#due) this.#startContainer(container, attempt);
    this.#due.clear();
  }

  /** Ends a container's process and its task. */
  #end(name: string): void {
    const running = this.#running.get(name);
    if (running === undefined) return;
    this.#running.delete(name);
    running.timers.clear();
    running.component?.stop();
    this.#ground.records.end(running.id);
  }

  /**
   * Ends what somebody has killed through the container runtime.
   * @returns false when its sandbox is gone: then nothing of the pod is left
   */
  notice(): boolean {
    const { records } = this.#ground;
    if (this.#isStopping || this.#sandbox === undefined) return true;
    if (!records.isRunning(this.#sandbox)) {
      for (const name of [...this.#running.keys()]) this.#end(name);
      this.powerCut();
      return false;
    }
    for (const container of this.pod.containers) {
      const running = this.#running.get(container.name);
      if (running !== undefined && !records.isRunning(running.id))
        this.#died(container, this.restarts.get(container.name) ?? 0, running, 'killed', () => undefined);
    }
    return true;
  }

  /** Stops in the kubelet's order. @param done called when the kubelet has let go of the pod */
  stop(done: () => void): void {
    if (this.#isStopping) return;
    this.#isStopping = true;
    const { files, records, pace, journal } = this.#ground;
    this.#timers.clear();
    journal(`"Killing container with a grace period" pod="${this.pod.namespace}/${this.pod.name}"`);
    for (const running of this.#running.values()) {
      running.timers.clear();
      running.component?.terminate?.();
      running.component?.stop();
      running.component = undefined;
    }
    this.#timers.after(pace.stop, () => {
      for (const name of [...this.#running.keys()]) this.#end(name);
      if (this.#sandbox !== undefined) records.end(this.#sandbox);
      this.#timers.after(pace.letGo, () => {
        files.remove(`/var/lib/kubelet/pods/${this.pod.uid}`);
        files.remove(cgroupOf(this.pod));
        done();
      });
    });
  }

  /** Everything ends in the same instant. */
  powerCut(): void {
    this.#timers.clear();
    this.#due.clear();
    for (const running of this.#running.values()) {
      running.timers.clear();
      running.component?.stop();
    }
    this.#running.clear();
  }
}
