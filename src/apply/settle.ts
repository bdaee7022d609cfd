import { fixedOf } from '../desired/fixed.js';
import { Failure } from '../failure.js';
import { paths } from '../host/paths.js';
import type { Site } from '../open-site.js';
import type { Session } from '../session.js';
import type { Survey } from '../survey.js';

/** Runs whose replaced files stay on a host; they hold keys, so that more of them would be no service. */
const keptRuns = 5;

/** Names of runs sort by time. */
const pruneScript = `cd "$R${paths.undo}" 2>/dev/null || exit 0
n=$(ls | wc -l); for d in $(ls | sort); do [ "$n" -gt ${keptRuns} ] || break; rm -rf "$d"; n=$((n-1)); done`;

/** Notes, on the operator's machine and on every host, that the cluster exists: from now on nothing is born empty. */
export async function settle(session: Session, site: Site, seen: Survey): Promise<void> {
  await session.record.save({
    ...seen.settled,
    cluster: session.inventory.metadata.name,
    fixed: fixedOf(session.inventory),
    bootstrapped: true,
  });
  await Promise.all(
    [...site.transports].map(async ([host, transport]) => {
      const { code, stderr } = await transport.exec({
        script: `f="$R${paths.bootstrapped}"; [ -e "$f" ] || { : >"$f" && { sync "$f" 2>/dev/null || sync; }; } || exit 1
${pruneScript}`,
      });
      if (code !== 0) throw notNoted(host, code, stderr);
    }),
  );
}

const notNoted = (host: string, code: number, stderr: string): Failure =>
  new Failure({
    kind: 'apply',
    doing: 'Noting on the host that the cluster exists',
    where: { host },
    said: `exit code ${code}: ${stderr.trim()}`,
    next: `Check that root can write ${paths.podstrap} on that host, then run \`podstrap up\` again.`,
  });
