import { Failure, Failures } from './failure.js';
import type { Inventory, SourceText } from './inventory/inventory.js';
import { type HostMemory, readGeneration, readMemory } from './observed/memory.js';
import { openSite, type Site } from './open-site.js';
import type { Generation } from './plan/generation.js';
import { judgeRollback, rollbackRefused, type State, strayOf } from './plan/judge-rollback.js';
import type { Planned } from './reconcile.js';
import type { Session } from './session.js';

/** An earlier state to go back to: a session whose inventory asks for it. */
export interface Rollback {
  readonly run: string;
  readonly session: Session;
  /** By host, what it had after that run. */
  readonly generations: ReadonlyMap<string, Generation>;
}

/** What depends on the operator's machine when another inventory takes the place of its own. */
export interface RollbackWays {
  inventory(run: string, sources: readonly SourceText[]): Inventory;
  artifacts(inventory: Inventory): Session['artifacts'];
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
    const memories = await memoriesOf(site, limit);
    const run = named ?? runBefore(memories);
    requireKept(run, memories);
    const states = await statesOf(site, run, memories, ways);
    const refused = judgeRollback({ run, present: session.inventory, hosts: states });
    if (refused.length > 0) throw new Failures(refused);
    const { inventory } = [...states.values()][0]!.then;
    return {
      run,
      session: { ...session, inventory, artifacts: ways.artifacts(inventory) },
      generations: new Map([...states].map(([host, { then }]) => [host, then.generation])),
    };
  } finally {
    await site.close();
  }
}

/** Only the very bytes of that run count as its state. @throws Failure `refused` when this podstrap makes others */
export function requireSame({ survey }: Planned, { run, generations }: Rollback): void {
  const stray = strayOf(survey.desired, generations);
  if (stray.length === 0) return;
  const by = [...new Set([...generations.values()].map(({ podstrap }) => podstrap))].join(', ');
  throw rollbackRefused(
    run,
    ['what that run made cannot be made again to the byte:', ...stray].join('\n'),
    `That run was made by podstrap ${by}: use that version. Files that the inventory names (\`extraFiles\`), and variables that it takes from the environment, must be as they were then.`,
  );
}

async function memoriesOf(
  { transports }: Site,
  limit: readonly string[] | undefined,
): Promise<ReadonlyMap<string, HostMemory>> {
  const asked = [...transports].filter(([host]) => limit?.includes(host) ?? true);
  return new Map(
    await Promise.all(asked.map(async ([host, transport]) => [host, await readMemory(transport)] as const)),
  );
}

/** The newest run before what the hosts have now. A rollback counts as what it brought back, so that two go back twice. */
function runBefore(memories: ReadonlyMap<string, HostMemory>): string {
  const all = [...memories.values()];
  const now = all
    .flatMap(({ generation }) => generation ?? [])
    .sort((a, b) => (a.run < b.run ? -1 : 1))
    .at(-1);
  const state = now?.rollbackTo ?? now?.run ?? '';
  const before = all.flatMap(({ generations }) => generations).filter((run) => run < state);
  const run = before.sort().at(-1);
  if (run !== undefined) return run;
  throw rollbackRefused(
    state,
    'no host keeps a generation from before it',
    '`podstrap history --hosts` shows those that are kept; `podstrap rollback RUN` goes to any of them.',
  );
}

function requireKept(run: string, memories: ReadonlyMap<string, HostMemory>): void {
  const without = [...memories].filter(([, { generations }]) => !generations.includes(run));
  if (without.length === 0) return;
  const kept = [...memories.values()].map(({ generations }) => generations);
  const common = kept[0]!.filter((one) => kept.every((each) => each.includes(one)));
  const choices =
    common.length === 0 ? 'No run is kept on all of them' : `All of them keep ${common.join(', ')}`;
  const having = [...memories.keys()].filter((host) => without.every(([name]) => name !== host));
  throw without.length === memories.size
    ? rollbackRefused(
        run,
        'no host keeps its generation: it never finished, or later ones took its place (spec.revisionHistoryLimit)',
        `${choices}.`,
      )
    : rollbackRefused(
        run,
        'no generation of that run is kept here: it did not change this host, or later ones took its place',
        `${choices}. To go back with the others alone: \`podstrap rollback ${run} --limit ${having.join(',')}\`.`,
        without.map(([host]) => host).join(', '),
      );
}

async function statesOf(
  { transports }: Site,
  run: string,
  memories: ReadonlyMap<string, HostMemory>,
  ways: RollbackWays,
): Promise<ReadonlyMap<string, { readonly now: State; readonly then: State }>> {
  const read = async (host: string, wanted: string): Promise<State> => {
    const { generation, sources } = await readGeneration(transports.get(host)!, wanted);
    return { generation, inventory: readable(wanted, () => ways.inventory(wanted, sources)) };
  };
  return new Map(
    await Promise.all(
      [...memories].map(async ([host, { generation }]) => {
        const [now, then] = await Promise.all([read(host, generation?.run ?? run), read(host, run)]);
        return [host, { now, then }] as const;
      }),
    ),
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
