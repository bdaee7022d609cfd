import { randomBytes } from 'node:crypto';
import type { HostFiles } from '../host-files.js';
import type { StaticPod } from './static-pod.js';

const containers = '/var/lib/containerd/practice/containers';
export const tasksDirectory = '/run/containerd/practice/tasks';
/** What a shim keeps of its task, and mounts for it, until somebody deletes the task. */
const bundles = '/run/containerd/io.containerd.runtime.v2.task/k8s.io';
const mounts = '/proc/mounts';
const images = '/var/lib/containerd/practice/images';

/**
 * What the stand-in of ctr shows: one file per container, which outlives a loss of power as containerd's database does,
 * and one per running task, which does not.
 */
export class ContainerRecords {
  readonly #files: HostFiles;

  constructor(files: HostFiles) {
    this.#files = files;
  }

  hasImage(ref: string): boolean {
    return this.#files.exists(`${images}/${ref.replaceAll('/', '|')}`);
  }

  /** The record of a sandbox, or of a container in it; running from now on. @param sandbox id of that of a container */
  create(
    pod: StaticPod,
    container: { readonly name: string; readonly image: string } | undefined,
    sandbox?: string,
  ): string {
    const id = randomBytes(32).toString('hex');
    const labels = {
      // containerd puts the pod's own labels on its sandbox only.
      ...(container ? { 'io.kubernetes.container.name': container.name } : pod.labels),
      'io.cri-containerd.kind': container ? 'container' : 'sandbox',
      'io.kubernetes.pod.name': pod.name,
      'io.kubernetes.pod.namespace': pod.namespace,
      'io.kubernetes.pod.uid': pod.uid,
    };
    const lines = [
      container?.image ?? 'registry.k8s.io/pause',
      ...Object.entries(labels).map(([key, value]) => `${key}=${value}`),
    ];
    this.#files.write(`${containers}/${id}`, `${lines.join('\n')}\n`);
    this.#files.write(`${tasksDirectory}/${id}`, `${1000 + (Number.parseInt(id.slice(0, 6), 16) % 30000)}\n`);
    this.#files.write(
      `${bundles}/${id}/config.json`,
      `${JSON.stringify({ annotations: annotationsOf(pod, id, container?.name, sandbox) })}\n`,
    );
    this.#files.append(mounts, `overlay ${this.#files.root}${bundles}/${id}/rootfs overlay rw 0 0\n`);
    return id;
  }

  isRunning(id: string): boolean {
    return this.#files.exists(`${tasksDirectory}/${id}`);
  }

  /** Ends a task and deletes it, as the kubelet has it done. */
  end(id: string): void {
    this.#files.remove(`${tasksDirectory}/${id}`);
    this.#clear(id);
  }

  #clear(id: string): void {
    if (!this.#files.exists(`${bundles}/${id}`)) return;
    const lines = (this.#files.read(mounts) ?? '').split('\n');
    this.#files.write(mounts, lines.filter((line) => !line.includes(`/${id}/`)).join('\n'));
    this.#files.remove(`${bundles}/${id}`);
  }

  /** Removes what is left of ended pods of this name, except the containers in `keep`. */
  forget(podName: string, keep: ReadonlySet<string>): void {
    for (const id of this.#files.list(containers))
      if (!keep.has(id) && !this.isRunning(id) && this.#belongsTo(id, podName)) {
        this.#clear(id);
        this.#files.remove(`${containers}/${id}`);
      }
  }

  #belongsTo(id: string, podName: string): boolean {
    return (this.#files.read(`${containers}/${id}`) ?? '').includes(`\nio.kubernetes.pod.name=${podName}\n`);
  }
}

/** What containerd's CRI notes in the file that runc starts a task from. */
const annotationsOf = (
  { namespace, name, uid }: StaticPod,
  id: string,
  container: string | undefined,
  sandbox = id,
): Readonly<Record<string, string>> => ({
  'io.kubernetes.cri.container-type': container === undefined ? 'sandbox' : 'container',
  ...(container === undefined ? {} : { 'io.kubernetes.cri.container-name': container }),
  'io.kubernetes.cri.sandbox-id': sandbox,
  'io.kubernetes.cri.sandbox-name': name,
  'io.kubernetes.cri.sandbox-namespace': namespace,
  'io.kubernetes.cri.sandbox-uid': uid,
});
