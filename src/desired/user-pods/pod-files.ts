import { createHash, createHmac } from 'node:crypto';
import { Failure } from '../../failure.js';
import { podFolder } from '../../host/paths.js';
import type { Inventory } from '../../inventory/inventory.js';
import { secretKey, secretOrigin } from '../../inventory/static-pods/secret-key.js';
import type { PodFile, StaticPodSource } from '../../inventory/static-pods/static-pod.js';
import { fillText, type TemplateValues } from '../../inventory/static-pods/template.js';
import { reveal, Secret } from '../../secret.js';
import type { DirectoryResource, FileResource } from '../resource.js';
import type { UserContainer, UserPod } from './pod-form.js';

/** The files of a pod on one host, where they lie, and which folders its containers see. */
export interface PodFiles {
  readonly resources: readonly (DirectoryResource | FileResource)[];
  readonly mounts: readonly Mount[];
  /** Path in the container → what tells the content of a file whose change replaces the pod. */
  readonly restartInputs: ReadonlyMap<string, string>;
}

interface Mount {
  readonly hostPath: string;
  readonly mountPath: string;
  /** Names of the containers that see it; of all, when absent. */
  readonly containers?: readonly string[];
}

interface Placed {
  readonly file: PodFile;
  readonly content: string | Secret;
  readonly digest: string;
}

/** What of a host's input the files of a pod are made from. */
export interface FilesInput {
  readonly inventory: Inventory;
  readonly values: TemplateValues;
  /** Hex; tells secrets apart without telling them. */
  readonly key: Secret;
}

/**
 * Files whose change replaces the pod lie in a folder that is called after their contents: the pod of before keeps its own, and so
 * does the undoing. Those that a pod reads by itself lie in one that is called after their paths. Pure.
 */
export function podFiles(source: StaticPodSource, pod: UserPod, input: FilesInput): PodFiles {
  const placed = source.entry.files.map((file): Placed => {
    const content = contentOf(source, file, input);
    return { file, content, digest: digestOf(content, input.key) };
  });
  const restart = placed.filter(({ file }) => file.onChange === 'restart');
  const live = placed.filter(({ file }) => file.onChange === 'none');
  const { name } = source.entry;
  const restartInputs = new Map(restart.map(({ file, digest }) => [file.path, digest]));
  const restartFolder = `${podFolder(name)}/${short([...restartInputs, ...modes(restart)])}`;
  const liveFolder = `${podFolder(name)}/live-${short(live.map(({ file }) => file.path))}`;
  const parts = [
    { folder: restartFolder, files: restart },
    { folder: liveFolder, files: live },
  ].filter(({ files }) => files.length > 0);
  return {
    resources: [
      ...parts.slice(0, 1).map(() => directory(source, podFolder(name))),
      ...parts.flatMap(({ folder, files }) => resourcesOf(source, pod, folder, files)),
    ],
    mounts: parts.flatMap(({ folder, files }) => mountsOf(folder, files)),
    restartInputs,
  };
}

const short = (what: unknown): string =>
  createHash('sha256').update(JSON.stringify(what)).digest('hex').slice(0, 12);

/** Who may read a file is decided when its folder is made. */
const modes = (placed: readonly Placed[]) =>
  placed.map(({ file: { path, mode, user, group } }) => [path, mode, user, group]);

/** A plain hash of a PIN tells the PIN. */
const digestOf = (content: string | Secret, key: Secret): string =>
  content instanceof Secret
    ? createHmac('sha256', Buffer.from(key.reveal(), 'hex'))
        .update('static pod\0')
        .update(content.reveal())
        .digest('hex')
    : createHash('sha256').update(content).digest('hex');

function contentOf(
  source: StaticPodSource,
  file: PodFile,
  { inventory, values }: FilesInput,
): string | Secret {
  const { secret, source: named } = file;
  const origin = secret === undefined ? undefined : secretOrigin(secret, values);
  const text =
    origin === undefined
      ? inventory.files.get(fillText(named ?? '', values))
      : inventory.secrets.get(secretKey(origin));
  if (text === undefined)
    throw new Failure({
      kind: 'inventory',
      doing: `Putting together the files of the static pod ${source.entry.name}`,
      said: `nothing was read for ${file.path}`,
      next: `See spec.staticPods[${source.index}].files in ${inventory.file}.`,
    });
  const filled = file.template ? fillText(reveal(text), values) : reveal(text);
  return origin === undefined ? filled : new Secret(filled);
}

function resourcesOf(
  source: StaticPodSource,
  pod: UserPod,
  folder: string,
  placed: readonly Placed[],
): readonly (DirectoryResource | FileResource)[] {
  const because = filesOf(source);
  const folders = new Set(placed.flatMap(({ file }) => foldersTo(parentOf(file.path))));
  return [
    ...[folder, ...[...folders].sort().map((one) => `${folder}${one}`)].map((path) =>
      directory(source, path),
    ),
    ...placed.map(({ file, content }): FileResource => {
      const owner = ownerOf(pod, file);
      return {
        kind: 'file',
        phase: 'node',
        path: `${folder}${file.path}`,
        mode:
          file.mode === undefined
            ? content instanceof Secret
              ? 0o400
              : 0o444
            : Number.parseInt(file.mode, 8),
        ...(owner.uid === 0 && owner.gid === 0 ? {} : { owner }),
        content,
        because,
      };
    }),
  ];
}

const filesOf = ({ index }: StaticPodSource): string => `spec.staticPods[${index}].files`;

const directory = (source: StaticPodSource, path: string): DirectoryResource => ({
  kind: 'directory',
  phase: 'node',
  path,
  mode: 0o755,
  because: filesOf(source),
});

const parentOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

/** `/etc/web` is reached through `/etc` and `/etc/web`. */
const foldersTo = (folder: string): readonly string[] =>
  folder === '' ? [] : [...foldersTo(parentOf(folder)), folder];

/** Whom a file belongs to: whoever the first container that sees it runs as. */
function ownerOf({ spec }: UserPod, { containers, user, group }: PodFile): { uid: number; gid: number } {
  const all: readonly UserContainer[] = [...(spec?.containers ?? []), ...(spec?.initContainers ?? [])];
  const seeing = all.find(({ name }) => containers === undefined || containers.includes(name ?? ''));
  const context = { ...spec?.securityContext, ...seeing?.securityContext };
  return { uid: user ?? context.runAsUser ?? 0, gid: group ?? context.runAsGroup ?? 0 };
}

/** Folders are mounted, not files: a mounted file would stay the old one when a new one takes its name. */
function mountsOf(folder: string, placed: readonly Placed[]): readonly Mount[] {
  const folders = [...new Set(placed.map(({ file }) => parentOf(file.path)))].sort();
  return folders.map((mountPath) => {
    const seen = placed.filter(({ file }) => parentOf(file.path) === mountPath);
    const named = seen.flatMap(({ file }) => file.containers ?? []);
    return {
      hostPath: `${folder}${mountPath}`,
      mountPath,
      ...(seen.some(({ file }) => file.containers === undefined) ? {} : { containers: [...new Set(named)] }),
    };
  });
}
