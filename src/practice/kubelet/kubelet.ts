import { createServer, type Server } from 'node:http';
import type { Inhabitant, PracticeHost } from '../practice-host.js';
import { Timers } from '../timers.js';
import { tasksDirectory } from './container-records.js';
import { type KubeletSettings, readKubeletSettings } from './kubelet-settings.js';
import { type PodGround, PodRunner } from './pod-runner.js';
import { readManifests } from './read-manifests.js';
import { fullName, type StaticPod } from './static-pod.js';

const unitState = '/run/practice/units/kubelet.service';

/** What the kubelet needs beside its host. */
export interface KubeletGround extends PodGround {
  /** False until the kubelet has heard from the API since it started: until then it lets no pod go. */
  hasSeenApi(): boolean;
  listenHealthz(address: string, port: number, server: Server): () => void;
  /** Serves what API servers ask a kubelet. */
  listenTls(settings: KubeletSettings): () => void;
  /** The kubelet runs with these settings from now on. */
  started(settings: KubeletSettings): void;
  stopped(): void;
}

const healthz = createServer((_request, response) => {
  response.end('ok');
});

/**
 * The mini kubelet of one host. It looks when something may have changed, and only while it waits for something also
 * from time to time. Pods go on when it stops, as with a real kubelet.
 */
export class Kubelet implements Inhabitant {
  readonly #host: PracticeHost;
  readonly #ground: KubeletGround;
  readonly #timers = new Timers();
  readonly #runners = new Map<string, PodRunner>();
  /** Uids that want a name that another pod still has, in the order in which they came. */
  readonly #waiting = new Map<string, string[]>();
  readonly #told = new Set<string>();
  /** Ids of the containers that the latest pod of each name has made. */
  readonly #lastIds = new Map<string, ReadonlySet<string>>();
  #settings: KubeletSettings | undefined;
  #unit = '';
  readonly #close: (() => void)[] = [];
  #unwatchManifests: (() => void) | undefined;
  #unwatchTasks: (() => void) | undefined;
  #isAwake = false;
  /** Uids of the pods whose manifests were there when it last looked, since it was started. */
  #wanted: ReadonlySet<string> = new Set();
  #isDue = false;
  #isWaiting = false;

  constructor(host: PracticeHost, ground: KubeletGround) {
    this.#host = host;
    this.#ground = ground;
  }

  /** True while it runs and looks after its pods. */
  get isUp(): boolean {
    return this.#settings !== undefined;
  }

  /** Whether it starts containers of a pod again: of one whose manifest is gone it does not, even while it cannot end it. */
  supervises(uid: string): boolean {
    return this.isUp && this.#wanted.has(uid);
  }

  get pods(): readonly PodRunner[] {
    return [...this.#runners.values()];
  }

  /** Looks soon; many reasons to look that come together are one. */
  look(): void {
    if (this.#isDue) return;
    this.#isDue = true;
    setImmediate(() => {
      this.#isDue = false;
      if (this.#host.isOn) this.#lookNow();
    });
  }

  #lookNow(): void {
    const { files } = this.#host;
    for (const [uid, runner] of this.#runners) if (!runner.notice()) this.#runners.delete(uid);
    const unit = files.read(unitState) ?? '';
    if (unit !== this.#unit) this.#sleep();
    if (!/^(active|activating) /.test(unit)) return;
    this.#unit = unit;
    if (!this.#canWork()) this.#lookLater();
    else if (this.#isAwake) this.#sync(this.#settings!);
  }

  #canWork(): boolean {
    if (this.#settings === undefined && !this.#wake()) return false;
    if (this.#host.files.exists('/run/containerd/containerd.sock')) return true;
    this.#tell('"Container runtime sanity check failed" err="containerd does not answer"');
    return false;
  }

  #sleep(): void {
    if (this.#settings !== undefined) this.#ground.stopped();
    this.#settings = undefined;
    this.#wanted = new Set();
    this.#isAwake = false;
    this.#unit = '';
    for (const close of this.#close.splice(0)) close();
    this.#told.clear();
    this.#unwatchManifests?.();
    this.#unwatchManifests = undefined;
  }

  /** Reads its settings, as at every start. False when the kubelet ends with an error. */
  #wake(): boolean {
    try {
      const settings = readKubeletSettings(this.#host.files, this.#host.faults.unknownFlags);
      const { address, port } = settings.healthz;
      if (port > 0) this.#close.push(this.#ground.listenHealthz(address, port, healthz));
      this.#close.push(this.#ground.listenTls(settings));
      this.#settings = settings;
      this.#wakeUp(settings);
      this.#setUnit('active running 1 success 0');
      this.#ground.started(settings);
      this.#ground.journal(`"Kubelet version" kubeletVersion="${settings.version}"`);
      return true;
    } catch (error) {
      for (const close of this.#close.splice(0)) close();
      this.#tell(`"command failed" err="${(error as Error).message}"`);
      this.#setUnit('activating auto-restart 0 exit-code 1');
      return false;
    }
  }

  #wakeUp(settings: KubeletSettings): void {
    const { wake } = this.#ground.pace;
    this.#isAwake = wake === 0;
    if (wake > 0)
      this.#timers.after(wake, () => {
        // Another one may have been started meanwhile.
        if (this.#settings !== settings) return;
        this.#isAwake = true;
        this.look();
      });
  }

  /** systemd's view of the unit, without losing what a script has written meanwhile. */
  #setUnit(state: string): void {
    const { files } = this.#host;
    if (files.read(unitState) !== this.#unit) {
      this.look();
      return;
    }
    const [verb, sub, , ...rest] = state.split(' ');
    const pid = this.#unit.split(' ')[2] ?? '1';
    const text = `${[verb, sub, verb === 'active' ? pid : '0', ...rest].join(' ')}\n`;
    if (text === this.#unit) return;
    this.#unit = text;
    files.write(unitState, text);
  }

  #sync(settings: KubeletSettings): void {
    this.#watch(settings);
    const desired = readManifests(this.#host.files, settings, (line) => this.#tell(line));
    // "Skipping delete because sources aren't ready yet": a kubelet does not know then what else it should run.
    for (const [uid, runner] of this.#ground.hasSeenApi() ? this.#runners : [])
      if (!desired.has(uid) && !runner.isStopping)
        runner.stop(() => {
          this.#runners.delete(uid);
          const isAwaited = (this.#waiting.get(fullName(runner.pod))?.length ?? 0) > 0;
          // A pod whose predecessor was still ending is looked at again only after a while.
          this.#timers.after(isAwaited ? this.#ground.pace.requeue : 0, () => this.look());
        });
    this.#wanted = new Set(desired.keys());
    for (const runner of this.#runners.values()) runner.resume();
    this.#queue(desired);
    for (const name of this.#waiting.keys()) this.#startNext(name, desired);
    this.#ground.changed();
  }

  #queue(desired: ReadonlyMap<string, StaticPod>): void {
    for (const [name, uids] of this.#waiting)
      this.#waiting.set(
        name,
        uids.filter((uid) => desired.has(uid)),
      );
    for (const [uid, pod] of desired) {
      const queue = this.#waiting.get(fullName(pod)) ?? [];
      if (this.#runners.has(uid) || queue.includes(uid)) continue;
      this.#waiting.set(fullName(pod), [...queue, uid]);
    }
  }

  #startNext(name: string, desired: ReadonlyMap<string, StaticPod>): void {
    const uid = this.#waiting.get(name)?.[0];
    const pod = uid === undefined ? undefined : desired.get(uid);
    if (pod === undefined) return void this.#waiting.delete(name);
    if ([...this.#runners.values()].some((runner) => fullName(runner.pod) === name)) {
      this.#tell(
        `"Pod cannot start yet: another pod of this name has not ended" pod="${name}" podUID="${uid}"`,
      );
      return;
    }
    const runner = new PodRunner(pod, this.#ground);
    const obstacle = runner.obstacle();
    if (obstacle !== undefined) {
      this.#tell(`"Error syncing pod, skipping" err="${obstacle}" pod="${name}" podUID="${uid}"`);
      this.#lookLater();
      return;
    }
    this.#waiting.set(name, this.#waiting.get(name)!.slice(1));
    // One generation of ended containers stays visible, as until the kubelet's next collection.
    this.#ground.records.forget(pod.name, this.#lastIds.get(name) ?? new Set());
    this.#lastIds.set(name, runner.ids);
    this.#runners.set(pod.uid, runner);
    runner.start();
  }

  #watch({ staticPodPath }: KubeletSettings): void {
    const { files } = this.#host;
    if (this.#unwatchTasks === undefined) {
      files.makeDirectory(tasksDirectory);
      // Kept while the kubelet is stopped: containers may be killed then, too.
      this.#unwatchTasks = this.#host.watchDirectory(tasksDirectory, () => this.look());
    }
    if (this.#unwatchManifests !== undefined || staticPodPath === undefined) return;
    if (files.kindOf(staticPodPath) === 'directory') {
      this.#unwatchManifests = this.#host.watchDirectory(staticPodPath, () => this.look());
      return;
    }
    this.#tell(`"Unable to read config path" path="${staticPodPath}" err="path does not exist, ignoring"`);
    this.#lookLater();
  }

  #lookLater(): void {
    if (this.#isWaiting) return;
    this.#isWaiting = true;
    this.#timers.after(this.#ground.pace.retry, () => {
      this.#isWaiting = false;
      this.look();
    });
  }

  /** Says a thing once. */
  #tell(line: string): void {
    if (this.#told.has(line)) return;
    this.#told.add(line);
    this.#ground.journal(line);
  }

  powerCut(): void {
    this.#timers.clear();
    this.#isWaiting = false;
    for (const runner of this.#runners.values()) runner.powerCut();
    this.#runners.clear();
    this.#waiting.clear();
    this.#unwatchTasks?.();
    this.#unwatchTasks = undefined;
    this.#sleep();
  }
}
