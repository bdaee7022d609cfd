import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { plainYaml } from './desired/canonical-yaml.js';
import { isSecretObject } from './desired/is-secret-object.js';
import type { ApiObject, Desired, Resource } from './desired/resource.js';
import { maskSecrets } from './mask-secrets.js';
import { reveal, Secret } from './secret.js';

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
  ...[...wanted.objects, ...wanted.addons].map((object) => ({
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

/** Writes desired state as files below `out`. @returns the paths written, relative to `out` */
export async function render(wanted: Desired, out: string, withSecrets: boolean): Promise<readonly string[]> {
  const files = renderedFiles(wanted).filter(({ content }) => withSecrets || !(content instanceof Secret));
  const earlier = await readFile(join(out, index), 'utf8').then(
    (text) => JSON.parse(text) as string[],
    () => [],
  );
  const paths = files.map(({ path }) => path);
  for (const path of earlier) if (!paths.includes(path)) await rm(join(out, path), { force: true });
  for (const { path, content, isObject } of files) {
    await mkdir(dirname(join(out, path)), { recursive: true });
    const masked = maskSecrets(reveal(content), { variables: isObject ? 'named' : 'all' });
    const text = withSecrets ? reveal(content) : masked;
    const secret = content instanceof Secret || text !== masked;
    await writeFile(join(out, path), text, { mode: secret ? 0o600 : 0o644 });
  }
  await mkdir(out, { recursive: true });
  await writeFile(join(out, index), `${JSON.stringify(paths, null, 1)}\n`);
  return paths;
}
