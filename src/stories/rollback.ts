import type { DesiredHost } from '../desired/resource.js';
import { Failure, Failures } from '../failure.js';
import { controlPlanes, type Inventory } from '../inventory/inventory.js';
import type { SourceField } from '../inventory/kept-sources.js';
import type { Generation } from '../observed/memory/generation.js';
import { readMemory } from '../observed/memory/memory.js';
import { hostDigest, type Made, type RunRecord } from '../observed/memory/run-record.js';
import { knownRuns, runBefore, type ToldRuns } from '../plan/documents/known-runs.js';
import { judgeRollback, rollbackRefused, strayObjects, strayOf } from '../plan/refuse/judge-rollback.js';
import { openSite, type Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';
import { completed, formatField, knownState } from './earlier-state.js';
import type { Planned } from './reconcile.js';
import { generationsOf, type RollbackWays, statesOf } from './rollback-states.js';

/**
 * Going back to an earlier state. What that state was, is not for a host to say:
 *
 * 1. Hosts are asked which runs they keep. A run counts that the operator's machine remembers, or most control planes do.
 * 2. What the run has led to comes from the operator's machine; where that has lost it, more than half of all control
 *    planes have to say the same, or the operator stands for it (see believe.ts). Until then nothing of it is read, no
 *    variable of the environment, no file that it names, and nothing is fetched.
 * 3. Control planes keep no secrets of it: those of now take their place where the inventories are the same but for them.
 * 4. It becomes the inventory of a run like any other, with what is about the operator as it is now.
 * 5. What would come out of it is compared with what the run has made, on hosts and in the API, before anything is changed.
 */
export interface Rollback {
  readonly run: string;
  /** A session whose inventory asks for that state. */
  readonly session: Session;
  /** What the run has made; undefined where an earlier podstrap made it, and only hosts can tell. */
  readonly made: Made | undefined;
  /** By host that goes back, what it says it had after that run. */
  readonly generations: ReadonlyMap<string, Generation>;
  /** Fields whose secrets are those of now. */
  readonly taken: readonly SourceField[];
}

/**
 * Finds what the hosts had after an earlier run. Reads only.
 * @param named the run; default: the one before what the hosts have now
 * @param limit only these hosts go back
 * @throws Failure, Failures `refused` when they cannot
 */
export async function openRollback(
  session: Session,
  named: string | undefined,
  limit: readonly string[] | undefined,
  ways: RollbackWays,
): Promise<Rollback> {
  const site = await openSite(session);
  try {
    const memories = await memoriesOf(session, site);
    const going = memories.filter(({ host }) => limit?.includes(host) ?? true);
    const run = named ?? (await latest(session, memories, going));
    const known = await knownState(session, site, run);
    if (known === undefined) throw unknownRun(run, memories);
    requireKept(run, known.record, going);
    const { sources, taken } = completed(run, known, session.inventory);
    const then = readable(run, () => ways.inventory(run, sources));
    const generations = await generationsOf(site, run, going);
    const hosts = await statesOf(
      session,
      site,
      { run, then, made: known.record.made, generations },
      going,
      ways,
    );
    const refused = judgeRollback({ run, present: session.inventory, hosts });
    if (refused.length > 0) throw new Failures(refused);
    return {
      run,
      session: { ...session, inventory: then, artifacts: ways.artifacts(then) },
      made: known.record.made,
      generations,
      taken,
    };
  } finally {
    await site.close();
  }
}

/** Only the very bytes of that run count as its state. @throws Failure `refused` when this podstrap makes others */
export function requireSame({ survey, scope }: Planned, rollback: Rollback): void {
  const { run, made, generations, taken } = rollback;
  const { desired, settled } = survey;
  const hosts = desired.hosts.filter(({ host }) => generations.has(host) || made?.hosts[host] !== undefined);
  const going = hosts.filter(({ host }) => scope.limit?.includes(host) ?? true);
  const stray = [
    ...going.flatMap((wanted) => strayOn(wanted, rollback)),
    ...(made && scope.limit === undefined ? strayObjects(desired, made, settled) : []),
  ];
  if (stray.length === 0) return;
  const secrets =
    taken.length === 0
      ? ''
      : ` No host keeps secrets, so those of your present inventory were taken: ${taken.map(formatField).join(', ')}.`;
  const by = [...new Set([...generations.values()].map(({ podstrap }) => podstrap))].join(', ');
  throw rollbackRefused(
    run,
    ['what that run made cannot be reproduced byte for byte:', ...new Set(stray)].join('\n'),
    `That run was made by podstrap ${by}: use that version. Files that the inventory names (\`extraFiles\`), \`artifacts\`, and variables that it takes from the environment, must be as they were then.${secrets} If only some hosts differ, roll back the rest without them: \`podstrap rollback ${run} --limit HOST,…\`.`,
  );
}

/** What the host says of that run explains a difference, and makes none where the run's record tells. */
function strayOn(wanted: DesiredHost, { made, generations }: Rollback): readonly string[] {
  const generation = generations.get(wanted.host);
  const was = made?.hosts[wanted.host];
  if (was !== undefined && was === hostDigest(wanted)) return [];
  const paths = generation ? strayOf(wanted, generation) : [];
  const named = paths.map((path) => `${wanted.host}: ${path}`);
  if (was === undefined) return named;
  return named.length > 0 ? named : [`${wanted.host}: the record of what it should have`];
}

/** Of every host that was reached; one that cannot even say what it keeps has no say. */
async function memoriesOf({ emit }: Session, { transports }: Site): Promise<readonly ToldRuns[]> {
  const told = await Promise.all(
    [...transports].map(async ([host, transport]) => {
      try {
        return [{ host, ...(await readMemory(transport)) }];
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        emit({ event: 'warning', host, message: `skipped: ${error.message}` });
        return [];
      }
    }),
  );
  return told.flat();
}

async function latest(
  { inventory, generations }: Session,
  memories: readonly ToldRuns[],
  going: readonly ToldRuns[],
): Promise<string> {
  const known = knownRuns(
    await generations.list(),
    controlPlanes(inventory).map(({ name }) => name),
    memories,
  );
  const { state, run } = runBefore(known, going);
  if (run !== undefined) return run;
  throw rollbackRefused(
    state,
    'no host keeps a generation from before it',
    '`podstrap history --hosts` shows those that are kept; `podstrap rollback RUN` goes to any of them.',
  );
}

function unknownRun(run: string, memories: readonly ToldRuns[]): Failure {
  return rollbackRefused(
    run,
    memories.some(({ generations }) => generations.includes(run))
      ? 'neither this machine nor a control plane remembers the inventory of that run'
      : 'no host keeps its generation: it never finished, or later ones took its place (spec.revisionHistoryLimit)',
    `${choicesOf(memories)}.`,
  );
}

function choicesOf(hosts: readonly ToldRuns[]): string {
  const kept = hosts.map(({ generations }) => generations);
  const common = (kept[0] ?? []).filter((one) => kept.every((each) => each.includes(one)));
  return common.length === 0 ? 'No run is kept on all of them' : `All of them keep ${common.join(', ')}`;
}

/** A host can go back to a run that was about it. */
function requireKept(run: string, { made }: RunRecord, going: readonly ToldRuns[]): void {
  const keeps = ({ host, generations }: ToldRuns) =>
    made ? made.hosts[host] !== undefined : generations.includes(run);
  const without = going.filter((one) => !keeps(one));
  if (without.length === 0) return;
  const having = going.filter(keeps).map(({ host }) => host);
  throw rollbackRefused(
    run,
    'no generation of that run is kept here: it did not change this host, or later ones took its place',
    having.length === 0
      ? `${choicesOf(going)}.`
      : `${choicesOf(going)}. To roll back only the others: \`podstrap rollback ${run} --limit ${having.join(',')}\`.`,
    without.map(({ host }) => host).join(', '),
  );
}

/** An inventory of then may name files that are gone, or be none for this podstrap. */
function readable(run: string, read: () => Inventory): Inventory {
  try {
    return read();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
    throw rollbackRefused(
      run,
      `${error.doing}: ${error.said ?? ''}`,
      'Put back the files that it names, or change your inventory back by hand and run `podstrap up`.',
    );
  }
}
