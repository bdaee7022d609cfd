import { readFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { dump, YAMLException } from 'js-yaml';
import { Failure } from '../../failure.js';
import {
  makeOperatorFolder,
  placeOf,
  type Writing,
  writeOperatorFile,
} from '../../operator/operator-file.js';
import { readYaml } from '../../read-yaml.js';
import type { Secret } from '../../secret.js';
import { isKubeconfig, type Kubeconfig, mergeEntries } from './kubeconfig-entries.js';

/** What a merge came to. */
export interface MergedKubeconfig {
  /** The name of our context. */
  readonly context: string;
  /** True when it is not the usual one, since another cluster's entries have our names. */
  readonly renamed: boolean;
  /** The file as it was before; absent when there was none, or nothing changed. */
  readonly backup?: string;
}

/**
 * Merges a kubeconfig into the one at `file`, or where a link leads that it is, and makes its context current. What was
 * there is kept beside it.
 * @throws Failure `usage` when the file is no kubeconfig, or cannot be written
 */
export async function mergeKubeconfig(file: string, kubeconfig: Secret): Promise<MergedKubeconfig> {
  const writing: Writing = {
    what: `the kubeconfig ${file}`,
    mode: 0o600,
    next: 'Name another file with --merge.',
  };
  await makeOperatorFolder(dirname(file), { ...writing, what: `the folder ${dirname(file)}`, mode: 0o700 });
  const place = await placeOf(file, writing);
  const ours = readYaml(kubeconfig.reveal()) as Kubeconfig;
  const before = await textOf(place, file);
  const { merged, context } = mergeEntries(kubeconfigIn(before, file), ours);
  const done = { context, renamed: context !== ours.contexts?.[0]?.name };
  const text = dump(merged, { noRefs: true });
  if (text === before) return done;
  const backup = before.trim() === '' ? undefined : `${place}.podstrap-backup`;
  if (backup !== undefined)
    await writeOperatorFile(backup, before, { ...writing, what: `the backup ${backup}` });
  await writeOperatorFile(place, text, writing);
  return { ...done, ...(backup === undefined ? {} : { backup }) };
}

async function textOf(place: string, file: string): Promise<string> {
  return readFile(place, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT') return '';
    throw unfit(file, `it cannot be read (${cause.code ?? 'unknown error'})`);
  });
}

/** @throws Failure `usage` for a file that is something else: what is in it would be lost */
function kubeconfigIn(text: string, file: string): Kubeconfig {
  if (text.trim() === '') return {};
  let content: unknown;
  try {
    content = readYaml(text);
  } catch (cause) {
    if (!(cause instanceof YAMLException)) throw cause;
    // Without the lines around the place, which the parser's whole message quotes: they may hold a key.
    throw unfit(file, `line ${(cause.mark?.line ?? 0) + 1} is not YAML: ${cause.reason}`);
  }
  if (isKubeconfig(content)) return content;
  throw unfit(file, 'it is not a kubeconfig');
}

const unfit = (file: string, said: string): Failure =>
  new Failure({
    kind: 'usage',
    doing: `Reading ${file}`,
    said,
    next: 'It stays as it is. Fix it, or merge into another file.',
  });
