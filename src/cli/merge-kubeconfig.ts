import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { dump, YAMLException } from 'js-yaml';
import { Failure } from '../failure.js';
import { readYaml } from '../read-yaml.js';
import type { Secret } from '../secret.js';

interface Named {
  readonly name: string;
}

interface Kubeconfig {
  clusters?: Named[];
  users?: Named[];
  contexts?: Named[];
  'current-context'?: string;
  [field: string]: unknown;
}

/** Entries of `theirs`, with those of `ours` in place of any of the same name. */
const merged = (theirs: Named[] | undefined, ours: Named[] | undefined): Named[] => [
  ...(theirs ?? []).filter(({ name }) => !(ours ?? []).some((own) => own.name === name)),
  ...(ours ?? []),
];

/** Merges a kubeconfig into the one at `file`, as kubectl would, and makes its context current. The write is atomic. */
export async function mergeKubeconfig(file: string, kubeconfig: Secret): Promise<void> {
  const ours = readYaml(kubeconfig.reveal()) as Kubeconfig;
  const theirs = await readKubeconfig(file);
  const result: Kubeconfig = {
    apiVersion: 'v1',
    kind: 'Config',
    ...theirs,
    clusters: merged(theirs.clusters, ours.clusters),
    users: merged(theirs.users, ours.users),
    contexts: merged(theirs.contexts, ours.contexts),
    ...(ours['current-context'] === undefined ? {} : { 'current-context': ours['current-context'] }),
  };
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  await writeFile(`${file}.podstrap`, dump(result), { mode: 0o600 });
  await rename(`${file}.podstrap`, file);
}

async function readKubeconfig(file: string): Promise<Kubeconfig> {
  try {
    const text = await readFile(file, 'utf8');
    if (text.trim() === '') return {};
    const content = readYaml(text);
    if (typeof content === 'object' && content !== null) return content as Kubeconfig;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Failure({
      kind: 'usage',
      doing: `Reading ${file}`,
      said: reasonOf(cause),
      next: 'It stays as it is. Mend it, or merge into another file.',
    });
  }
  return {};
}

/** Why a file cannot be read, without the lines around the place, which YAML errors quote: they may hold a key. */
function reasonOf(cause: unknown): string {
  if (!(cause instanceof YAMLException))
    return `it cannot be read (${(cause as NodeJS.ErrnoException).code ?? 'unknown error'})`;
  return `line ${(cause.mark?.line ?? 0) + 1} is not YAML: ${cause.reason}`;
}
