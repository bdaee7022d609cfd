import { pack } from 'tar-stream';
import { fixedOf } from '../desired/fixed.js';
import { knownHost } from '../desired/known-host.js';
import type { Desired } from '../desired/resource.js';
import { without } from '../desired/settled.js';
import { wantedVersions } from '../desired/wanted-versions.js';
import { paths } from '../host/paths.js';
import type { Site } from '../open-site.js';
import { type Generation, remember } from '../plan/generation.js';
import { planDigest, type Step } from '../plan/step.js';
import type { Session } from '../session.js';
import type { Survey } from '../survey.js';
import { generationFiles, generationScript } from './generation-script.js';
import { runFenced } from './run-fenced.js';

/**
 * Notes, on the operator's machine and on every host, that the cluster exists, so that from now on nothing is born
 * empty; and on every host what it has now: its generation.
 * @param hosts those that this run was about
 * @param left those that have left the cluster: they are forgotten
 * @param rollbackTo the run whose generation was brought back, when this was a rollback
 */
export async function settle(
  session: Session,
  site: Site,
  seen: Survey,
  steps: readonly Step[],
  hosts: readonly string[],
  left: readonly string[],
  rollbackTo?: string,
): Promise<void> {
  const { inventory } = session;
  const stay = site.leaving.filter(({ known }) => !left.includes(known.name)).map(({ known }) => known);
  await session.record.save({
    ...without(seen.settled, left),
    cluster: inventory.metadata.name,
    fixed: fixedOf(inventory),
    versions: wantedVersions(inventory),
    hosts: [...inventory.spec.hosts.map(knownHost), ...stay],
    bootstrapped: true,
  });
  const state = left.length === 0 ? seen.desired : seen.settledDesired;
  await Promise.all(
    hosts.map(async (host) => {
      const changes = steps.filter((step) => step.host === host).length;
      const generation = generationOf(session, seen, state, steps, host, rollbackTo);
      await runFenced(
        site.transports.get(host)!,
        {
          script: generationScript(generation, session.inventory.spec.revisionHistoryLimit, site),
          stdin: tarOf(generationFiles(generation, session.inventory.sources, changes)),
        },
        {
          doing: 'Noting on the host what it has now',
          next: `Check that root can write ${paths.podstrap} on that host, then run \`podstrap up\` again.`,
        },
      );
    }),
  );
}

function generationOf(
  session: Session,
  seen: Survey,
  state: Desired,
  steps: readonly Step[],
  host: string,
  rollbackTo: string | undefined,
): Generation {
  const wanted = state.hosts.find((one) => one.host === host)!;
  const own = steps.filter((step) => step.host === host);
  const written = new Set(own.flatMap(({ action }) => ('sha256' in action ? [action.path] : [])));
  return {
    apiVersion: 'podstrap.io/v1alpha1',
    kind: 'Generation',
    host,
    run: session.run,
    time: session.now().toISOString(),
    by: session.owner,
    podstrap: session.version,
    plan: planDigest(steps),
    ...(rollbackTo === undefined ? {} : { rollbackTo }),
    resources: remember(wanted, seen.facts.get(host)!, written),
  };
}

function tarOf(files: ReadonlyMap<string, string>): AsyncIterable<Uint8Array> {
  const tar = pack();
  for (const [name, text] of files) tar.entry({ name, mode: 0o600 }, text);
  tar.finalize();
  return tar as AsyncIterable<Uint8Array>;
}
