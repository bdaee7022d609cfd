import { join } from 'node:path';
import { podNames } from '../../kubernetes/pod-names.js';

import { type BrokenYaml, type ManifestDocument, readManifest } from '../addons/read-documents.js';

import { didYouMean } from '../did-you-mean.js';
import type { ManifestPatch } from '../inventory.js';
import type { Files } from './files.js';
import type { Finding } from './finding.js';
import { judgePatch } from './judge-patch.js';

const targets: readonly ManifestPatch['target'][] = [...podNames, 'kubeletconfiguration'];
const path = ['spec', 'patches', 'directory'];
const form = 'TARGET[SUFFIX][+strategic|merge|json].yaml or .json';

/**
 * The patches in a directory, in the order of their files' names, as kubeadm applies them. Directories in it and files
 * of other kinds are passed over, but one that looks like a patch and is none is reported, and so is what Kubernetes would
 * refuse or pass over in it.
 * @param minor of Kubernetes; undefined where it is not known, and nothing is held to its types
 */
export function loadPatches(
  directory: string,
  files: Files,
  minor?: number,
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
  const loaded = names.map((name) => loadFile(name, join(directory, name), files, minor));
  return {
    patches: loaded.flatMap(({ patches }) => patches),
    findings: loaded.flatMap(({ findings }) => findings),
  };
}

interface Loaded {
  readonly patches: readonly ManifestPatch[];
  readonly findings: readonly Finding[];
}

/** The patches of one file, as many as it has documents. */
function loadFile(name: string, file: string, files: Files, minor: number | undefined): Loaded {
  const failed = (finding: Omit<Finding, 'path'>): Loaded => ({
    patches: [],
    findings: [{ path, place: { file: name, line: 1, column: 1 }, ...finding }],
  });
  const [stem, type = 'strategic', ...more] = name.replace(/\.(yaml|json)$/, '').split('+');
  const target = targetOf(stem!);
  if (target === undefined)
    return failed({
      found: `${name} patches nothing known`,
      expected: `${form}, TARGET one of ${targets.join(', ')}`,
      hint: didYouMean(stem!, targets),
    });
  if (!isType(type) || more.length > 0)
    return failed({
      found: `${name} has no known type of patch`,
      expected: form,
      hint: didYouMean(type, types),
    });
  const documents = documentsIn(name, file, files);
  if (documents instanceof Error)
    return failed({ found: `${name}: ${documents.message}`, expected: 'a readable file' });
  if ('reason' in documents) {
    const { reason, line, column } = documents;
    return failed({
      place: { file: name, line, column },
      found: `${name}: ${reason}`,
      expected: 'valid YAML or JSON',
    });
  }
  if (documents.length === 0)
    return failed({ found: `${name}: it is empty`, expected: 'a patch, or no such file' });
  const fits = type === 'json' ? Array.isArray : isMapping;
  const judged = documents.map(({ value, line }) => ({
    value,
    findings: (!fits(value)
      ? [
          {
            found: `${name} does not hold what its type asks for`,
            expected: type === 'json' ? 'a list of operations' : 'a mapping',
          },
        ]
      : minor === undefined
        ? []
        : judgePatch(value, { target, type, minor })
    ).map((finding): Finding => ({ path, place: { file: name, line, column: 1 }, ...finding })),
  }));
  return {
    patches: judged.flatMap(({ value }) => (fits(value) ? [{ target, type, file, content: value }] : [])),
    findings: judged.flatMap(({ findings }) => findings),
  };
}

/** The longest target that the file's name begins with, as `etcd` for `etcd0`. */
const targetOf = (stem: string): ManifestPatch['target'] | undefined =>
  targets.find((target) => stem === target) ?? targets.find((target) => stem.startsWith(target));

const types: readonly ManifestPatch['type'][] = ['strategic', 'merge', 'json'];

const isType = (type: string): type is ManifestPatch['type'] => (types as readonly string[]).includes(type);

const isMapping = (content: unknown): boolean =>
  typeof content === 'object' && content !== null && !Array.isArray(content);

function documentsIn(
  name: string,
  file: string,
  files: Files,
): readonly ManifestDocument[] | BrokenYaml | Error {
  try {
    return readManifest(name, files.read(file));
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  }
}
