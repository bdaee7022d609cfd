import { peerUrl } from '../../desired/settled.js';
import { Failure } from '../../failure.js';
import type { Host } from '../../inventory/inventory.js';
import type { HostJournalEntry } from '../../observed/memory/generation.js';
import type { SavedSnapshot, Session } from '../../survey/session.js';
import type { Transport } from '../../transport/transport.js';
import { runFenced } from '../lock/run-fenced.js';
import {
  dropDataScript,
  haltScript,
  resumeScript,
  takeDataScript,
  undoHaltScript,
} from '../scripts/restore-script.js';
import { onHosts, stage } from '../stage.js';
import { makeData } from './make-data.js';

/** All that going back to a snapshot works with; src/stories/restore.ts tells the story. */
export interface RestoreCrew {
  readonly session: Session;
  readonly transports: ReadonlyMap<string, Transport>;
  readonly lockId: string;
  readonly snapshot: SavedSnapshot;
  /** Control planes that get the snapshot's data. */
  readonly members: readonly Host[];
  /** Every control plane, by name. */
  readonly all: readonly string[];
  /** Path of the birth marker that a member's manifest demands. */
  markerOf(host: Host): string;
}

const dataDirOf = ({ session }: RestoreCrew): string => session.inventory.spec.etcd.local.dataDir;
const namesOf = ({ members }: RestoreCrew): readonly string[] => members.map(({ name }) => name);
const memberOf = ({ members }: RestoreCrew, host: string): Host | undefined =>
  members.find(({ name }) => name === host);

/** Makes the new data on every member, while everything runs. What fails leaves nothing. */
export async function makeAll(crew: RestoreCrew): Promise<void> {
  const { session, transports, lockId, snapshot, members } = crew;
  const initialCluster = members.map((host) => `${host.name}=${peerUrl(host)}`).join(',');
  try {
    await stage(session, 'prepare', () =>
      onHosts(session, 'prepare', namesOf(crew), (name) =>
        makeData(session, transports.get(name)!, lockId, snapshot, {
          name,
          peerUrl: peerUrl(memberOf(crew, name)!),
          initialCluster,
          token: session.run,
        }),
      ),
    );
    stopHere(session);
  } catch (error) {
    await dropAll(crew);
    throw error;
  }
}

function stopHere({ stop }: Session): void {
  if (!stop.aborted) return;
  throw new Failure({
    kind: 'interrupted',
    doing: 'Stopping before the control planes are stopped',
    said: 'as you asked. Nothing was changed',
  });
}

/** Best effort: what stays is removed by the next try. */
async function dropAll(crew: RestoreCrew): Promise<void> {
  const script = dropDataScript(dataDirOf(crew), crew.lockId);
  await Promise.allSettled(namesOf(crew).map((name) => crew.transports.get(name)!.exec({ script })));
}

/** Stops every control plane; when one does not stop, all start again as they were. */
export async function haltAll(crew: RestoreCrew): Promise<void> {
  const { session, transports, lockId, all } = crew;
  const words = {
    doing: 'Stopping the control plane',
    did: 'stopped',
    state: 'those that were stopped are started again with their data as it was, as far as they answer',
  };
  try {
    await everywhere(crew, 'stop', words, () => haltScript(session.run, session.owner, lockId));
  } catch (error) {
    const script = undoHaltScript(session.run, lockId);
    await Promise.allSettled(all.map((name) => transports.get(name)!.exec({ script })));
    await dropAll(crew);
    throw error;
  }
}

/** Sets the old data aside and puts the new data in its place. */
export function takeAll(crew: RestoreCrew): Promise<void> {
  const { session, lockId, markerOf } = crew;
  const { run, keys } = session;
  const dataDir = dataDirOf(crew);
  const words = {
    doing: 'Putting the snapshot’s data in place',
    did: `the previous data is in ${dataDir}/member.${run}`,
    state: 'the control planes are stopped, and some may still have the previous data',
  };
  return everywhere(crew, 'restore', words, (name) => {
    const member = memberOf(crew, name);
    const marker = member === undefined ? undefined : markerOf(member);
    return takeDataScript(dataDir, marker, { run, clusterId: keys.clusterId, lockId });
  });
}

/** @param entry a line for the journals of the hosts */
export function resumeAll(crew: RestoreCrew, entry: HostJournalEntry): Promise<void> {
  const words = {
    doing: 'Starting the control plane',
    did: 'started',
    state: 'every control plane has the data of the snapshot, but not all are started',
  };
  return everywhere(crew, 'start', words, () => resumeScript(entry, crew.lockId));
}

interface Words {
  readonly doing: string;
  readonly did: string;
  /** How things stand when one host fails. */
  readonly state: string;
}

/** One fenced script on each control plane. @throws Failure, Failures that say how things stand then */
const everywhere = (
  { session, transports, all }: RestoreCrew,
  name: string,
  { doing, did, state }: Words,
  scriptOf: (host: string) => string,
): Promise<void> =>
  stage(session, name, () =>
    onHosts(session, name, all, async (host) => {
      const request = { script: scriptOf(host), signal: session.abort };
      try {
        await runFenced(transports.get(host)!, request, { doing, phase: name });
      } catch (error) {
        if (!(error instanceof Failure)) throw error;
        throw error.saying(
          state,
          'Fix the cause, then run the same command again: it starts over, whatever was done.',
        );
      }
      return did;
    }),
  );
