import { wantedVersions } from '../desired/wanted-versions.js';
import { Failures } from '../failure.js';
import { controlPlanes } from '../inventory/inventory.js';
import { readVersions } from '../observed/read-versions.js';
import { judgeUpgrade } from '../plan/refuse/judge-upgrade.js';
import type { Site } from '../survey/open-site.js';
import type { Session } from '../survey/session.js';

/**
 * The artifacts of a session, after a look whether what runs can become what they are: a version that is refused is not
 * fetched first. Hosts are asked only where the operator's record does not say that these very versions were there at
 * the end of a run; the survey, which sees more, judges once more.
 * @throws Failures `refused`, Failure `unsound` of a host whose versions are none
 */
export function judgedArtifacts(session: Session, { transports }: Site): Session['artifacts'] {
  const { inventory, record, artifacts } = session;
  return async (archs) => {
    const wanted = wantedVersions(inventory);
    const had = (await record.load())?.versions;
    if (had?.kubernetes !== wanted.kubernetes || had.etcd !== wanted.etcd) {
      const looks = controlPlanes(inventory).flatMap(({ name }) => {
        const transport = transports.get(name);
        return transport === undefined
          ? []
          : [readVersions(transport).then((running) => [name, running] as const)];
      });
      const running = new Map(await Promise.all(looks));
      const refused = judgeUpgrade({ inventory, running, etcd: undefined, situation: 'live' });
      if (refused.length > 0) throw new Failures(refused);
    }
    return artifacts(archs);
  };
}
