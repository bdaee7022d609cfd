import { optionalPods } from '../../desired/pods/optional-pods.js';
import { ownPods } from '../../desired/pods/own-pods.js';
import type { DesiredHost, FileResource, Resource } from '../../desired/resource.js';
import { paths } from '../../host/paths.js';
import { at, word } from '../../host/shell.js';
import { isOwnPod, podNames } from '../../kubernetes/pod-names.js';
import { askSections, toldBy } from '../../observed/sections.js';
import { patterns, told } from '../../observed/told.js';
import { kubeletForm, podForm, toldYaml } from '../../observed/told-yaml.js';
import type { Transport } from '../../transport/transport.js';
import { staticPods } from '../../verify/await-host.js';
import { isManifest } from '../scripts/undo-script.js';
import type { Replaced } from './replaced.js';

/**
 * What the host was wanted to be before, as far as gates need it: the configurations of its kubelet and of its balancer,
 * and its manifests, read from the host itself.
 * @returns `standing`: the pods whose earlier manifest is in its place already
 * @throws Failure `unsound` for a text that cannot be what it should be
 */
export async function earlierHost(
  transport: Transport,
  wanted: DesiredHost,
  was: readonly Replaced[],
): Promise<{ readonly before: DesiredHost; readonly standing: ReadonlySet<string> }> {
  const wantedThen = [...wanted.resources, ...takenAway(wanted, was)];
  const earlier = new Map(was.filter(isManifest).map(({ path, sha256 }) => [path, sha256]));
  const shown = wantedThen.flatMap((resource) => {
    if (resource.kind !== 'static-pod' && !tellsGates(resource)) return [];
    const kept = earlier.get(resource.path);
    const file = kept === undefined ? at(resource.path) : `"$R${paths.store}/${kept}"`;
    return [`t ${word(resource.path)}; base64 ${file} 2>/dev/null`];
  });
  const same = [...earlier].map(
    ([path, sha256]) =>
      `case $(sha256sum <${at(path)} 2>/dev/null) in ${sha256}*) ;; *) echo ${word(path)};; esac`,
  );
  const script = `${shown.join('\n')}\nt differ\n${same.join('\n')}\nexit 0\n`;
  const asked = new Set(wantedThen.flatMap((one) => ('path' in one ? [one.path] : [])));
  const { all } = await askSections(
    transport,
    { script, timeoutMs: 30_000 },
    (title) => title === 'differ' || asked.has(title),
  );
  const textOf = (path: string): string =>
    Buffer.from((all.get(path) ?? []).join(''), 'base64').toString('utf8');
  const read = (): Resource[] =>
    wantedThen.flatMap((resource): Resource[] => {
      if (resource.kind === 'static-pod') {
        const content = textOf(resource.path);
        return content === '' ? [] : [{ ...resource, content, revision: revisionOf(resource.path, content) }];
      }
      if (!tellsGates(resource)) return [resource];
      const content = textOf(resource.path);
      if (resource.path === paths.kubeletConfig && content !== '')
        toldYaml(resource.path, content, kubeletForm);
      return [{ ...resource, content }];
    });
  const resources = toldBy(transport.host, read);
  const differ = new Set(all.get('differ') ?? []);
  const before = { ...wanted, resources };
  return {
    before,
    standing: new Set(staticPods(before).flatMap(({ name, path }) => (differ.has(path) ? [] : [name]))),
  };
}

/** Pods that the run took away: they are back, and have gates. */
function takenAway({ resources }: DesiredHost, was: readonly Replaced[]): readonly Resource[] {
  const base = {
    phase: 'control-plane',
    content: '',
    because: 'the run that is undone took it away',
  } as const;
  const others = was
    .filter(isManifest)
    .map(({ path }) => ({
      name: path.slice(path.lastIndexOf('/') + 1).replace(/\.yaml$/, ''),
      manifest: path,
      files: [],
    }))
    .filter(({ name }) => !isOwnPod(name));
  return [...optionalPods, ...others]
    .filter(({ manifest }) => was.some((one) => isManifest(one) && one.path === manifest))
    .filter(({ manifest }) => !resources.some((one) => 'path' in one && one.path === manifest))
    .flatMap(({ name, manifest, files }): Resource[] => [
      { ...base, kind: 'static-pod', name, path: manifest, mode: 0o600, revision: '' },
      ...files.map((path): Resource => ({ ...base, kind: 'file', path, mode: 0o644 })),
    ]);
}

/** Besides manifests, what gates are read from. */
const tellsGates = (resource: Resource): resource is FileResource =>
  resource.kind === 'file' && gatesReadFrom.has(resource.path);

const gatesReadFrom: ReadonlySet<string> = new Set([
  paths.kubeletConfig,
  ...podNames.flatMap((name) => ownPods[name].tells?.path ?? []),
]);

const revisionOf = (path: string, manifest: string): string => {
  const { metadata } = toldYaml(path, manifest, podForm);
  return told('a revision', metadata?.labels?.['podstrap.io/revision'], patterns.word) ?? '';
};
