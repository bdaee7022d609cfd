import { Failure } from '../failure.js';
import { paths } from '../host/paths.js';
import type { Site } from '../open-site.js';
import type { Session } from '../session.js';
import type { Survey } from '../survey.js';

/** Notes, on the operator's machine and on every host, that the cluster exists: from now on nothing is born empty. */
export async function settle(session: Session, site: Site, seen: Survey): Promise<void> {
  await session.record.save({
    ...seen.settled,
    cluster: session.inventory.metadata.name,
    bootstrapped: true,
  });
  const unmarked = [...site.transports].filter(
    ([host]) => seen.facts.get(host)?.record?.bootstrapped !== true,
  );
  await Promise.all(
    unmarked.map(async ([host, transport]) => {
      const { code, stderr } = await transport.exec({
        script: `f="$R${paths.bootstrapped}"; : >"$f" && { sync "$f" 2>/dev/null || sync; }`,
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
