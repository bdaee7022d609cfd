import type { DesiredHost, FileResource, StaticPodResource } from '../../desired/resource.js';
import type { FileFact, HostFacts } from '../../observed/facts.js';
import { Secret } from '../../secret.js';
import type { Step } from '../step.js';
import type { OriginsOf } from './origins.js';

/** Most places that one reason names. */
const most = 4;

/**
 * Says of every file that a host's steps replace why it differs: edited on the host, or the place in the inventory that
 * asks for something else. Told by the digest of what podstrap wrote there last. Pure.
 */
export function explain(
  steps: readonly Step[],
  { resources }: DesiredHost,
  facts: HostFacts,
  origins: OriginsOf,
): readonly Step[] {
  const texts = new Map(resources.flatMap((one) => (isText(one) ? [[one.path, one] as const] : [])));
  return steps.map((step) => {
    if (!('sha256' in step.action)) return step;
    const { path, sha256 } = step.action;
    const [wanted, fact] = [texts.get(path), facts.files[path]];
    if (wanted === undefined || fact?.sha256 === undefined || fact.sha256 === sha256) return step;
    const last = facts.applied[path];
    const from = placesOf(wanted, fact, origins(facts.host, path));
    const reason = reasonOf(fact.sha256, last, sha256, from);
    return reason === undefined ? step : { ...step, reason: `${reason}${unseen(wanted)}` };
  });
}

const isText = (resource: { kind: string }): resource is FileResource | StaticPodResource =>
  resource.kind === 'file' || resource.kind === 'static-pod';

/** @param from where in the inventory the new lines come from, as far as that can be told */
function reasonOf(now: string, last: string | undefined, wanted: string, from: string): string | undefined {
  const edited = last !== undefined && last !== now;
  if (edited && last === wanted) return 'edited on the host';
  if (edited)
    return from === ''
      ? 'edited on the host, and podstrap would write something else than last time'
      : `edited on the host; ${from}`;
  if (from !== '') return from;
  return last === undefined ? undefined : 'as podstrap wrote it last, and what it is made from has changed';
}

const unseen = (wanted: FileResource | StaticPodResource): string =>
  wanted.content instanceof Secret ? ' (not shown: it holds a key)' : '';

/** Where the lines come from that the host lacks, and what is no longer asked for. */
function placesOf(
  { content }: FileResource | StaticPodResource,
  { content: observed }: FileFact,
  origins: ReturnType<OriginsOf>,
): string {
  if (content instanceof Secret || observed === undefined) return '';
  const [before, after] = [linesOf(observed), linesOf(content)];
  const added = [...after].filter((line) => !before.has(line));
  const places = new Set(added.flatMap((line) => origins.find(({ says }) => says(line))?.place ?? []));
  const kept = new Set([...after].map(flagOf));
  const gone = [...before]
    .filter((line) => !after.has(line) && line.startsWith('--'))
    .map(flagOf)
    .filter((flag) => !kept.has(flag));
  const said = [...places, ...gone.map((flag) => `${flag} is not asked for`)];
  if (said.length > most) return `${said.slice(0, most).join('; ')}; and ${said.length - most} more`;
  if (said.length > 0) return said.join('; ');
  const inputs = added.length > 0 && added.every((line) => line.startsWith('podstrap.io/revision: '));
  return inputs ? 'a file that it reads only when it starts changes' : '';
}

const flagOf = (line: string): string => line.split('=')[0]!;

/** Lines without what surrounds a value: indentation, list marks, quotes, continuation. */
const linesOf = (text: string): ReadonlySet<string> =>
  new Set(
    text.split('\n').map((line) =>
      line
        .trim()
        .replace(/^(- )+/, '')
        .replace(/ \\$/, '')
        .replaceAll(/['"]/g, ''),
    ),
  );
