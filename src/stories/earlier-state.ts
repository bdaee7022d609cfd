import { Failure } from '../failure.js';
import { controlPlanes, type Inventory, type SourceText } from '../inventory/inventory.js';
import { completeSources, keptSources, type SourceField, withVariables } from '../inventory/kept-sources.js';
import { formatPath } from '../inventory/path.js';
import { type RunRecord, recordDigest } from '../observed/memory/run-record.js';
import { readRunRecord, type ToldRecord } from '../observed/memory/run-records.js';
import { agree } from '../plan/agree.js';
import { sourcesDiff } from '../plan/documents/sources-diff.js';
import { rollbackRefused } from '../plan/refuse/judge-rollback.js';
import { believe } from '../survey/believe.js';
import type { Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';
import type { Transport } from '../transport/transport.js';

/** What is believed of a run. */
export interface KnownState {
  readonly record: RunRecord;
  /** With its secrets, where the operator's own machine remembers it. */
  readonly sources?: readonly SourceText[];
}

const namesOf = (inventory: Inventory): readonly string[] => controlPlanes(inventory).map(({ name }) => name);

const ofRun = (run: string) => `Reading what run ${run} has led to`;

/**
 * What a run has led to: as the operator's machine remembers it, else as control planes are believed.
 * @returns undefined where nobody remembers anything
 * @throws Failure where they are divided, or the operator does not stand for it
 */
export async function knownState(session: Session, site: Site, run: string): Promise<KnownState | undefined> {
  const own = await session.generations.load(run);
  if (own !== undefined) return own;
  const told = await toldRecords(session, site, run);
  const now = keptSources(session.inventory.sources);
  const record = await believe(session, {
    what: `the inventory of run ${run}`,
    doing: ofRun(run),
    ...told,
    shown: ({ sources }) => sourcesDiff(now, sources),
    asksAlways: false,
  });
  return record && { record };
}

/** The same, as far as it takes no question. */
export async function agreedState(
  session: Session,
  site: Site,
  run: string,
): Promise<KnownState | undefined> {
  const listed = namesOf(session.inventory);
  const found = agree(listed, (await toldRecords(session, site, run)).said);
  return found.is === 'agreed' && listed.length > 1 ? { record: found.value } : undefined;
}

/** What every control plane that was reached says of a run. */
async function toldRecords({ inventory }: Session, { transports }: Site, run: string) {
  const told = await Promise.all(
    namesOf(inventory).flatMap((host) => {
      const transport = transports.get(host);
      return transport ? [toldBy(transport, run).then((value) => ({ host, value }))] : [];
    }),
  );
  const said = told.flatMap(({ host, value }) =>
    value === undefined || 'damaged' in value ? [] : [{ host, value, digest: recordDigest(value) }],
  );
  const unsound = new Map(
    told.flatMap(({ host, value }) =>
      value !== undefined && 'damaged' in value ? [[host, `what it keeps is damaged: ${value.damaged}`]] : [],
    ),
  );
  return { said, unsound };
}

const toldBy = (transport: Transport, run: string): Promise<ToldRecord> =>
  readRunRecord(transport, run).catch((error: unknown) => {
    if (!(error instanceof Failure)) throw error;
    return { damaged: error.message };
  });

/** The sources of that run with their secrets. @throws Failure `refused` when some are missing */
export function completed(
  run: string,
  { record, sources: own }: KnownState,
  present: Inventory,
): { readonly sources: readonly SourceText[]; readonly taken: readonly SourceField[] } {
  const { sources, taken, missing } = own
    ? { sources: own, taken: [], missing: [] }
    : completeSources(record.sources, present.sources);
  if (missing.length > 0)
    throw rollbackRefused(
      run,
      `no host keeps the secrets of an inventory, and your present one has no field that is the same but for the secret: ${missing.map(formatField).join(', ')}`,
      `Put back .podstrap/${present.metadata.name}/generations/${run}.json, from the machine where that run was made or from a backup; or set these fields as they were then, and run this again.`,
    );
  const { unlisted } = withVariables(sources[0]!.text, present.environment);
  if (unlisted.length > 0)
    throw rollbackRefused(
      run,
      `its inventory takes variables from the environment that your present one does not name: ${unlisted.join(', ')}`,
      'List them in `environment` of your inventory if they are to be read, then run this again.',
    );
  return { sources, taken };
}

export const formatField = ([source, field]: SourceField): string => `${source}: ${formatPath(field)}`;
