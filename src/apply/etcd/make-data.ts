import { Failure } from '../../failure.js';
import { minorsAhead, parseVersion } from '../../kubernetes/version.js';
import type { SavedSnapshot, Session } from '../../survey/session.js';
import type { Transport } from '../../transport/transport.js';
import { runFenced } from '../lock/run-fenced.js';
import { reportedSnapshot } from '../reports.js';
import { makeDataScript, type RestoredMember } from '../scripts/restore-script.js';
import { counted } from '../transfer/counted.js';

/**
 * Brings a snapshot to a host and makes a member's data of it, beside the data that is there.
 * @returns what was done
 * @throws Failure `apply`, `locked`, `connection-lost`, `unsound`; `refused` when the etcd of that host is too old for the snapshot
 */
export async function makeData(
  { inventory, emit, abort }: Session,
  transport: Transport,
  lockId: string,
  snapshot: SavedSnapshot,
  member: RestoredMember,
): Promise<string> {
  const { host } = transport;
  const { size } = snapshot;
  const onPiece = (_length: number, sent: number) =>
    emit({ event: 'transfer', host, artifact: 'etcd snapshot', sent, total: size });
  const told = await runFenced(
    transport,
    {
      script: makeDataScript(inventory.spec.etcd.local.dataDir, snapshot, member, lockId),
      stdin: counted(snapshot.bytes(), onPiece),
      signal: abort,
    },
    {
      doing: 'Building etcd’s data from the snapshot',
      phase: 'prepare',
      next: 'Fix the cause, then run the same command again. Nothing was changed.',
    },
  );
  const { program, version } = reportedSnapshot(host, told);
  refuseNewer(host, program, version);
  return `data made by etcdutl ${program}`;
}

/** etcd refuses data of a later minor, and says so when it starts: that would be too late. */
function refuseNewer(host: string, program: string, snapshot: string | undefined): void {
  const [has, wants] = [program, snapshot ?? ''].map(parseVersion);
  if (has === undefined || wants === undefined || minorsAhead(has, wants) <= 0) return;
  throw new Failure({
    kind: 'refused',
    doing: 'Comparing the snapshot with the etcd that is to take it',
    where: { host },
    said: `the snapshot is of etcd ${wants.major}.${wants.minor}, and etcd ${has.text} runs here, which refuses such data`,
    next: `Bring etcd to ${wants.major}.${wants.minor} first, or take an earlier snapshot. Nothing was changed.`,
  });
}
