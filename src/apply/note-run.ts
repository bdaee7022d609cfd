import { pack } from 'tar-stream';
import { fixedOf } from '../desired/fixed.js';
import { knownHosts, vanishedFrom } from '../desired/known-host.js';
import { without } from '../desired/settled.js';
import { wantedVersions } from '../desired/wanted-versions.js';
import { paths } from '../host/paths.js';
import { controlPlanes, hasApi } from '../inventory/inventory.js';
import { lanes } from '../lanes.js';
import { type Generation, remember } from '../observed/memory/generation.js';
import { veiled } from '../plan/documents/veiled.js';
import { type Plan, planDigest } from '../plan/step.js';
import { stepsOn } from '../plan/steps-on.js';
import type { Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';
import type { Survey } from '../survey/survey.js';
import { runFenced } from './lock/run-fenced.js';
import type { Absent } from './pass-over.js';
import { earlierRecords, runRecord } from './run-records.js';
import { generationFiles, generationScript } from './scripts/generation-script.js';
import { throwAll } from './stage.js';

/** What a run has seen, and has done. */
export interface Settling {
  readonly survey: Survey;
  readonly plan: Plan;
}

/** Hosts that are written to at once: what control planes get is long where hosts are many. */
const notedAtOnce = 64;

/**
 * Notes, on the operator's machine and on every host, that the cluster exists, so that from now on nothing is born
 * empty; and on every host what it has now: its generation.
 * @param absent hosts that the run goes on without: one that cannot be told may become one of them
 * @param limit the hosts that this run was about; default: all
 * @param rollbackTo the run whose generation was brought back, when this was a rollback
 * @returns the hosts that have left the cluster: they are forgotten
 */
export async function noteRun(
  session: Session,
  site: Site,
  { survey: seen, plan: { steps } }: Settling,
  absent: Absent,
  { limit, rollbackTo }: { readonly limit?: readonly string[] | undefined; readonly rollbackTo?: string },
): Promise<readonly string[]> {
  const { inventory } = session;
  const hosts = [...site.transports.keys()].filter((host) => limit?.includes(host) ?? true);
  const left = seen.situation.kind === 'live' && !limit ? site.leaving.map(({ known }) => known.name) : [];
  const stay = site.leaving.filter(({ known }) => !left.includes(known.name)).map(({ known }) => known);
  const before = await session.record.load();
  await session.record.save({
    ...without(seen.settled, left),
    cluster: inventory.metadata.name,
    fixed: fixedOf(inventory),
    versions: wantedVersions(inventory),
    hosts: [
      ...knownHosts(inventory.spec.hosts, seen.facts, before?.hosts),
      ...stay,
      ...(hasApi(inventory) ? [] : vanishedFrom(inventory, before?.hosts)),
    ],
    bootstrapped: true,
  });
  const made = left.length === 0 ? seen.desired : seen.settledDesired;
  const { hosts: states } = made;
  const own = runRecord(session, site, seen, made, hosts, rollbackTo);
  await session.generations.save({ record: own, sources: inventory.sources });
  const finished = {
    apiVersion: 'podstrap.io/v1alpha1',
    kind: 'Generation',
    run: session.run,
    time: session.now().toISOString(),
    by: session.owner,
    podstrap: session.version,
    plan: planDigest(veiled(steps, session.keys.planKey)),
    ...(rollbackTo === undefined ? {} : { rollbackTo }),
  } as const;
  const keepers = new Set(controlPlanes(inventory).map(({ name }) => name));
  const note = async (host: string) => {
    const taken = stepsOn(steps, host);
    const written = new Set(taken.flatMap(({ action }) => ('sha256' in action ? [action.path] : [])));
    const wanted = states.find((one) => one.host === host)!;
    const generation: Generation = {
      ...finished,
      host,
      resources: remember(wanted, seen.facts.get(host)!, written),
    };
    const transport = site.transports.get(host)!;
    const records = keepers.has(host)
      ? { own, earlier: await earlierRecords(transport, seen.facts.get(host)!) }
      : { earlier: [] };
    await runFenced(
      transport,
      {
        script: generationScript(generation, inventory.spec.revisionHistoryLimit, site),
        stdin: tarOf(generationFiles(generation, records, taken.length)),
      },
      {
        doing: 'Recording the new state on the host',
        next: `Check that root can write ${paths.podstrap} on that host, then run \`podstrap up\` again.`,
      },
    );
  };
  const lane = lanes(notedAtOnce);
  const noteOne = (host: string) =>
    note(host).catch((error: unknown) => {
      if (!absent.passOver(host, error)) throw error;
    });
  throwAll(await Promise.allSettled(hosts.map((host) => lane(() => noteOne(host)))));
  await absent.setAside();
  if (inventory.spec.hosts.every(({ name }) => seen.facts.has(name)))
    await session.generations.keepOnly([
      session.run,
      ...[...seen.facts.values()].flatMap(({ generations }) => generations),
    ]);
  return left;
}

function tarOf(files: ReadonlyMap<string, string>): AsyncIterable<Uint8Array> {
  const tar = pack();
  for (const [name, text] of files) tar.entry({ name, mode: 0o600 }, text);
  tar.finalize();
  return tar as AsyncIterable<Uint8Array>;
}
