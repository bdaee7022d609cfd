import { join } from 'node:path';
import type { ApiObject } from '../../kubernetes/api-object.js';
import { identityOf } from '../../kubernetes/identity-of.js';
import type { Draft } from '../draft.js';
import type { Path } from '../path.js';
import { type Files, resolvePath } from '../reading/files.js';
import type { Finding } from '../reading/finding.js';
import type { Addon, AddonObject } from './addon.js';
import { appliedObject, judgeObject } from './judge-object.js';
import { readManifest } from './read-documents.js';

interface Loaded {
  readonly objects: readonly AddonObject[];
  readonly findings: readonly Finding[];
}

/** The addons that an inventory names, with the objects of their manifests, and what is wrong with these. */
export function loadAddons(
  draft: Draft,
  files: Files,
  from: { directory: string; home?: string | undefined },
): { addons: readonly Addon[]; findings: readonly Finding[] } {
  const loaded = (draft.spec?.addons ?? []).flatMap((entry, index) => {
    if (entry?.name === undefined || entry.path === undefined) return [];
    const { name, path: source, network = false, installs = [] } = entry;
    const path: Path = ['spec', 'addons', index, 'path'];
    const { objects, findings } = loadAddon(name, source, resolvePath(source, from), path, files);
    const groups = installs.flatMap((group) => group ?? []);
    return [{ path, findings, addon: { name, network, installs: groups, objects } }];
  });
  const addons = loaded.map(({ addon }) => addon);
  const twice = duplicates(loaded.flatMap(({ path, addon }) => addon.objects.map((one) => ({ path, one }))));
  return { addons, findings: [...loaded.flatMap(({ findings }) => findings), ...twice] };
}

function loadAddon(addon: string, source: string, absolute: string, path: Path, files: Files): Loaded {
  const kind = files.kind(absolute);
  const expected = 'a manifest, or a folder of manifests (.yaml, .yml, .json)';
  const failed = (found: string): Loaded => ({ objects: [], findings: [{ path, found, expected }] });
  if (kind === undefined) return failed(`no such file or folder: ${source} (${absolute})`);
  const names = kind === 'file' ? [''] : manifestsIn(absolute, files);
  if (names.length === 0) return failed(`${source} holds no manifest`);
  const parts = names.map((name) => loadFile(addon, join(source, name), join(absolute, name), path, files));
  const objects = parts.flatMap((part) => part.objects);
  const findings = parts.flatMap((part) => part.findings);
  return objects.length + findings.length === 0
    ? failed(`${source} describes no object`)
    : { objects, findings };
}

/** Names of the manifests in a folder and the folders in it, sorted; hidden ones are passed over. */
function manifestsIn(directory: string, files: Files): readonly string[] {
  return [...files.list(directory)].sort().flatMap((name) => {
    if (name.startsWith('.')) return [];
    const inner = join(directory, name);
    if (files.kind(inner) === 'directory') return manifestsIn(inner, files).map((one) => join(name, one));
    return /\.(ya?ml|json)$/.test(name) ? [name] : [];
  });
}

function loadFile(addon: string, file: string, absolute: string, path: Path, files: Files): Loaded {
  const text = textOf(absolute, files);
  if (text instanceof Error) {
    const { code = 'unknown error' } = text as NodeJS.ErrnoException;
    return {
      objects: [],
      findings: [{ path, found: `${file} cannot be read (${code})`, expected: 'a readable file' }],
    };
  }
  const documents = readManifest(file, text);
  if ('reason' in documents) {
    const { reason, line, column } = documents;
    const hint = /\{\{/.test(text)
      ? 'it looks like a template; `helm template` makes manifests of it'
      : undefined;
    return {
      objects: [],
      findings: [
        { path, place: { file, line, column }, found: reason, expected: 'valid YAML or JSON', hint },
      ],
    };
  }
  const all = documents.flatMap(({ value, line }) => itemsOf(value).map((item) => ({ line, item })));
  const judged = all.map(({ line, item }) => ({ line, item, complaint: judgeObject(item) }));
  return {
    objects: judged.flatMap(({ line, item, complaint }) =>
      complaint ? [] : [{ addon, place: `${file}:${line}`, object: appliedObject(item as ApiObject) }],
    ),
    findings: judged.flatMap(({ line, complaint }) =>
      complaint ? [{ path, place: { file, line, column: 1 }, ...complaint }] : [],
    ),
  };
}

function textOf(absolute: string, files: Files): string | Error {
  try {
    return files.read(absolute);
  } catch (error) {
    return error as Error;
  }
}

/** The objects of a list as kubectl prints it, however deep lists lie in lists; anything else is one object itself. */
function itemsOf(value: unknown): readonly unknown[] {
  const { kind, items } = (value ?? {}) as { kind?: unknown; items?: unknown };
  return typeof kind === 'string' && kind.endsWith('List') && Array.isArray(items)
    ? items.flatMap(itemsOf)
    : [value];
}

function duplicates(all: readonly { path: Path; one: AddonObject }[]): readonly Finding[] {
  const first = new Map<string, string>();
  return all.flatMap(({ path, one: { object, place } }) => {
    const identity = identityOf(object);
    const other = first.get(identity);
    if (other === undefined) {
      first.set(identity, place);
      return [];
    }
    const [, file, line] = /^(.*):(\d+)$/.exec(place)!;
    return [
      {
        path,
        place: { file: file!, line: Number(line), column: 1 },
        found: `${object.kind} ${object.metadata.name} a second time (first in ${other})`,
        expected: 'each object only once',
      },
    ];
  });
}
