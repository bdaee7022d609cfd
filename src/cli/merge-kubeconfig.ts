import { readFile, rename, writeFile } from 'node:fs/promises';
import { dump, load } from 'js-yaml';
import { Failure } from '../failure.js';
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
  const ours = load(kubeconfig.reveal()) as Kubeconfig;
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
  await writeFile(`${file}.podstrap`, dump(result), { mode: 0o600 });
  await rename(`${file}.podstrap`, file);
}

async function readKubeconfig(file: string): Promise<Kubeconfig> {
  try {
    const content = load(await readFile(file, 'utf8'));
    if (typeof content === 'object' && content !== null) return content as Kubeconfig;
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return {};
    throw new Failure({
      kind: 'usage',
      doing: `Reading ${file}`,
      said: cause instanceof Error ? cause.message : String(cause),
      next: 'It stays as it is. Mend it, or merge into another file.',
      cause,
    });
  }
  return {};
}
