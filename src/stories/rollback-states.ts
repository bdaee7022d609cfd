import { Failure } from '../failure.js';
import type { Inventory, SourceText } from '../inventory/inventory.js';
import type { Generation } from '../observed/memory/generation.js';
import { readGeneration } from '../observed/memory/memory.js';
import { authorityDigests, encryptionOf, type Made } from '../observed/memory/run-record.js';
import type { ToldRuns } from '../plan/documents/known-runs.js';
import { authoritiesIn, rollbackRefused, type State } from '../plan/refuse/judge-rollback.js';
import type { Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';
import { agreedState, completed } from './earlier-state.js';

/** What depends on the operator's machine when another inventory takes the place of its own. */
export interface RollbackWays {
  inventory(run: string, sources: readonly SourceText[]): Inventory;
  artifacts(inventory: Inventory): Session['artifacts'];
}

/** What hosts themselves say they had after a run. */
export async function generationsOf(
  { transports }: Site,
  run: string,
  hosts: readonly { readonly host: string }[],
): Promise<ReadonlyMap<string, Generation>> {
  const told = await Promise.all(
    hosts.map(async ({ host }) => [host, await readGeneration(transports.get(host)!, run)] as const),
  );
  return new Map(told.flatMap(([host, generation]) => (generation ? [[host, generation] as const] : [])));
}

interface Then {
  readonly run: string;
  readonly then: Inventory;
  readonly made: Made | undefined;
  readonly generations: ReadonlyMap<string, Generation>;
}

/** How hosts stood after the run, and stand now. */
export async function statesOf(
  session: Session,
  site: Site,
  { run, then: inventory, made, generations }: Then,
  going: readonly ToldRuns[],
  ways: RollbackWays,
): Promise<ReadonlyMap<string, { readonly now: State | undefined; readonly then: State }>> {
  const present = await presentOf(session, site, going, ways);
  const states = going.map(async ({ host, generation: at }) => {
    const known = at && present.get(at.run);
    if (made) {
      const then: State = { inventory, authorities: made.authorities, encryption: made.encryption };
      const now: State | undefined = known && {
        inventory: known.inventory,
        authorities: authorityDigests(session.keys),
        encryption: known.made?.encryption ?? made.encryption,
      };
      return [host, { now, then }] as const;
    }
    const had = generations.get(host);
    if (had === undefined) throw damaged(run, host, going);
    const has = at && (await readGeneration(site.transports.get(host)!, at.run));
    const then = toldBy(inventory, had);
    const now = known && has && toldBy(known.inventory, has);
    return [host, { now, then }] as const;
  });
  return new Map(await Promise.all(states));
}

/** As the host itself tells it: of what an earlier podstrap made, nobody else knows. */
const toldBy = (inventory: Inventory, generation: Generation): State => ({
  inventory,
  authorities: authoritiesIn(generation),
  encryption: encryptionOf(inventory, generation.resources),
});

const damaged = (run: string, host: string, going: readonly ToldRuns[]): Failure =>
  rollbackRefused(
    run,
    'what is kept there of that run is damaged',
    `Choose another run; \`podstrap history --hosts\` shows those that are kept. To roll back only the others: \`podstrap rollback ${run} --limit ${going
      .map((one) => one.host)
      .filter((name) => name !== host)
      .join(',')}\`.`,
    host,
  );

/** The inventories of the runs that hosts are at, as far as somebody knows them who is to be believed without a question. */
async function presentOf(
  session: Session,
  site: Site,
  going: readonly ToldRuns[],
  ways: RollbackWays,
): Promise<ReadonlyMap<string, { readonly inventory: Inventory; readonly made: Made | undefined }>> {
  const runs = [...new Set(going.flatMap(({ generation }) => generation?.run ?? []))];
  const found = await Promise.all(
    runs.map(async (run) => {
      const known = (await session.generations.load(run)) ?? (await agreedState(session, site, run));
      if (known === undefined) return [];
      try {
        const { sources } = completed(run, known, session.inventory);
        return [[run, { inventory: ways.inventory(run, sources), made: known.record.made }] as const];
      } catch (error) {
        if (error instanceof Failure) return [];
        throw error;
      }
    }),
  );
  return new Map(found.flat());
}
