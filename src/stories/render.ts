import { readFile, rm } from 'node:fs/promises';
import { dirname, isAbsolute, join, normalize } from 'node:path';
import { plainYaml } from '../desired/canonical-yaml.js';
import { isSecretObject } from '../desired/objects/is-secret-object.js';
import type { Desired, Resource } from '../desired/resource.js';
import type { ApiObject } from '../kubernetes/api-object.js';
import { makeOperatorFolder, writeOperatorFile } from '../operator/operator-file.js';
import { reveal, Secret } from '../secret.js';
import { maskSecrets } from '../secrets/mask-secrets.js';

interface Rendered {
  readonly path: string;
  readonly content: string | Secret;
  /** An object of the API, not a file of a host. */
  readonly isObject?: boolean;
}

/** Name of the list of rendered files, by which the next render knows what an earlier one made. */
const index = '.podstrap-render.json';

const filesOf = (resource: Resource): Rendered[] => {
  if (resource.kind === 'file' || resource.kind === 'static-pod') return [resource];
  if (resource.kind !== 'certificate') return [];
  const { path, pem, key } = resource;
  return [{ path, content: pem }, ...(key ? [{ path: key.path, content: key.pem }] : [])];
};

const objectFile = ({ kind, metadata }: ApiObject): string =>
  `${kind}-${metadata.namespace === undefined ? '' : `${metadata.namespace}-`}${metadata.name}`.replace(
    /[^\w.-]/g,
    '_',
  );

/** Every file of every host as `HOST/path`, the API's objects as `cluster/NAME.yaml` and `addons/ADDON/NAME.yaml`. Pure. */
export const renderedFiles = (wanted: Desired): readonly Rendered[] => [
  ...wanted.hosts.flatMap(({ host, resources }) =>
    resources.flatMap(filesOf).map(({ path, content }) => ({ path: join(host, path), content })),
  ),
  ...[...wanted.objects, ...wanted.systemObjects].map((object) => ({
    path: join('cluster', `${objectFile(object)}.yaml`),
    content: plainYaml(object),
    isObject: true,
  })),
  ...wanted.manifests.map(({ addon, object }) => ({
    path: join('addons', addon, `${objectFile(object)}.yaml`),
    content: isSecretObject(object) ? new Secret(plainYaml(object)) : plainYaml(object),
    isObject: true,
  })),
];

/**
 * Writes desired state as files below `out`.
 * @param hidden texts to mask wherever they stand
 * @returns the paths written, relative to `out` @throws Failure `usage` when they cannot be written there
 */
export async function render(
  wanted: Desired,
  out: string,
  withSecrets: boolean,
  hidden: readonly Secret[] = [],
): Promise<readonly string[]> {
  const next = 'Name another folder with --out.';
  const known = hidden.map((secret) => secret.reveal());
  const files = renderedFiles(wanted).filter(({ content }) => withSecrets || !(content instanceof Secret));
  const paths = files.map(({ path }) => path);
  await makeOperatorFolder(out, { what: `the folder ${out}`, next });
  for (const path of await earlierIn(out))
    if (!paths.includes(path)) await rm(join(out, path), { force: true });
  for (const { path, content, isObject } of files) {
    const masked = maskSecrets(reveal(content), { known, variables: isObject ? 'named' : 'all' });
    const text = withSecrets ? reveal(content) : masked;
    const secret = content instanceof Secret || text !== masked;
    const file = join(out, path);
    await makeOperatorFolder(dirname(file), { what: `the folder ${dirname(file)}`, next });
    const mode = secret ? 0o600 : 0o644;
    await writeOperatorFile(file, text, { what: file, mode, next, passing: true });
  }
  const list = `${JSON.stringify(paths, null, 1)}\n`;
  await writeOperatorFile(join(out, index), list, { what: join(out, index), next });
  return paths;
}

/** What an earlier render made, by its list. The folder may be anybody's: nothing outside of it is ever removed. */
async function earlierIn(out: string): Promise<readonly string[]> {
  try {
    const list: unknown = JSON.parse(await readFile(join(out, index), 'utf8'));
    return Array.isArray(list) ? list.filter((path): path is string => isBelow(path)) : [];
  } catch {
    return [];
  }
}

const isBelow = (path: unknown): boolean =>
  typeof path === 'string' && !isAbsolute(path) && normalize(path) === path && !/^\.\.?(\/|$)/.test(path);
