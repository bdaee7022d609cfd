import { join } from 'node:path';
import { readYaml } from '../read-yaml.js';
import { didYouMean } from './did-you-mean.js';
import type { Files } from './files.js';
import type { Finding } from './finding.js';
import type { ManifestPatch } from './inventory.js';

const targets: readonly ManifestPatch['target'][] = [
  'etcd',
  'kube-apiserver',
  'kube-controller-manager',
  'kube-scheduler',
  'haproxy',
  'kube-vip',
  'kubeletconfiguration',
];
const path = ['spec', 'patches', 'directory'];
const form = 'TARGET[SUFFIX][+strategic|merge|json].yaml or .json';

/**
 * The patches in a directory, in the order of their files' names, as kubeadm applies them. Directories in it and files
 * of other kinds are passed over, but one that looks like a patch and is none is reported.
 */
export function loadPatches(
  directory: string,
  files: Files,
): { patches: readonly ManifestPatch[]; findings: readonly Finding[] } {
  if (files.kind(directory) !== 'directory') {
    const finding = {
      path,
      found: `no such directory: ${directory}`,
      expected: 'a directory of patch files',
    };
    return { patches: [], findings: [finding] };
  }
  const names = [...files.list(directory)].sort().filter((name) => /\.(yaml|json)$/.test(name));
  const loaded = names.map((name) => loadPatch(name, join(directory, name), files));
  return {
    patches: loaded.flatMap((each) => ('content' in each ? [each] : [])),
    findings: loaded.flatMap((each) => ('content' in each ? [] : [each])),
  };
}

function loadPatch(name: string, file: string, files: Files): ManifestPatch | Finding {
  const [stem, type = 'strategic', ...more] = name.replace(/\.(yaml|json)$/, '').split('+');
  const target = targetOf(stem!);
  if (target === undefined) {
    const hint = didYouMean(stem!, targets);
    return {
      path,
      found: `${name} patches nothing known`,
      expected: `${form}, TARGET one of ${targets.join(', ')}`,
      hint,
    };
  }
  if (!isType(type) || more.length > 0)
    return {
      path,
      found: `${name} has no known type of patch`,
      expected: form,
      hint: didYouMean(type, types),
    };
  const content = contentOf(file, files);
  if (content instanceof Error)
    return { path, found: `${name}: ${content.message}`, expected: 'valid YAML or JSON' };
  const fits = type === 'json' ? Array.isArray(content) : isMapping(content);
  if (!fits)
    return {
      path,
      found: `${name} does not hold what its type asks for`,
      expected: type === 'json' ? 'a list of operations' : 'a mapping',
    };
  return { target, type, file, content };
}

/** The longest target that the file's name begins with, as `etcd` for `etcd0`. */
const targetOf = (stem: string): ManifestPatch['target'] | undefined =>
  targets.find((target) => stem === target) ?? targets.find((target) => stem.startsWith(target));

const types: readonly ManifestPatch['type'][] = ['strategic', 'merge', 'json'];

const isType = (type: string): type is ManifestPatch['type'] => (types as readonly string[]).includes(type);

const isMapping = (content: unknown): boolean =>
  typeof content === 'object' && content !== null && !Array.isArray(content);

function contentOf(file: string, files: Files): unknown {
  try {
    return readYaml(files.read(file));
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
