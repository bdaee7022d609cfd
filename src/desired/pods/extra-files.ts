import { createHash } from 'node:crypto';
import { type Additions, additionsOf } from '../../inventory/component-sections.js';
import { isControlPlane } from '../../inventory/inventory.js';
import { components } from '../../kubernetes/pod-names.js';
import { reveal, type Secret } from '../../secret.js';
import type { HostInput } from '../host-input.js';
import type { DirectoryResource, FileResource } from '../resource.js';

/** What gives a key away: its armour, a kubeconfig's credentials, or the kind of file that is made of keys. */
const keyMarks =
  /PRIVATE KEY-----|^kind: *["']?EncryptionConfiguration|"kind": *"EncryptionConfiguration"|^\s*-?\s*(client-key-data|token|password|secret): *\S/m;

const folderOf = (path: string): string => path.slice(0, path.lastIndexOf('/'));

/**
 * The user's own files that components read, in folders that are podstrap's; none on a worker.
 */
export const extraFiles = (input: HostInput): readonly FileResource[] =>
  wantedFiles(input).map(({ path, source, secret, name }) => {
    const text = input.inventory.files.get(source)!;
    return {
      kind: 'file',
      phase: 'certificates',
      path,
      mode: 0o600,
      content: (secret ?? holdsKey(text)) ? text : reveal(text),
      because: `${source}, which ${name} reads`,
    };
  });

/** Their folders. */
export const extraFileFolders = (input: HostInput): readonly DirectoryResource[] =>
  [...new Set(wantedFiles(input).map(({ path }) => folderOf(path)))].sort().map(directory);

/** Each once, though several components may read it. */
function wantedFiles({ inventory, host }: HostInput) {
  if (!isControlPlane(host)) return [];
  const wanted = new Map(
    components
      .flatMap((name) => additionsOf(inventory.spec, name).extraFiles.map((file) => ({ ...file, name })))
      .map((file) => [file.path, file]),
  );
  return [...wanted.values()];
}

const holdsKey = (text: Secret): boolean => keyMarks.test(reveal(text));

const directory = (path: string): DirectoryResource => ({
  kind: 'directory',
  phase: 'node',
  path,
  mode: 0o700,
  because: 'for the extraFiles of a component',
});

type Volume = Additions['extraVolumes'][number];

/**
 * The volumes that show a component its extraFiles. Folders are mounted, not files: a mounted file would stay the old one
 * when a new one takes its name. Where the user mounts something at that place, that stands.
 */
export function extraFileVolumes({ extraFiles: wanted, extraVolumes }: Additions): readonly Volume[] {
  const folders = [...new Set(wanted.map(({ path }) => folderOf(path)))]
    .filter((folder) => !extraVolumes.some(({ mountPath }) => covers(mountPath, folder)))
    .sort();
  const taken = new Set(extraVolumes.map(({ name }) => name));
  return folders.map((folder) => {
    const name = volumeName(folder, taken);
    taken.add(name);
    return { name, hostPath: folder, mountPath: folder, readOnly: true, pathType: 'Directory' };
  });
}

/** Names of volumes are DNS labels, so several folders may spell one: all but the first, and the long ones, tell by a digest. */
function volumeName(folder: string, taken: ReadonlySet<string>): string {
  const spelled = folder
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, '-')
    .replaceAll(/^-|-$/g, '');
  if (spelled.length <= longestLabel && !taken.has(spelled)) return spelled;
  return `${spelled.slice(0, longestLabel - 9)}-${createHash('sha256').update(folder).digest('hex').slice(0, 8)}`;
}

const longestLabel = 63;

const covers = (mountPath: string, folder: string): boolean =>
  folder === mountPath || folder.startsWith(`${mountPath}/`);
