import type { Failure } from '../../failure.js';
import { isUncompared } from '../../plan/moved.js';
import type { Plan, Step } from '../../plan/step.js';
import { stepsOn } from '../../plan/steps-on.js';
import type { Wave, WaveKind } from '../../plan/waves/wave.js';
import type { Survey } from '../../survey/survey.js';
import type { AppliedObject } from '../api/await-workloads.js';
import { finishAddons } from '../api/finish-addons.js';
import { applyObjects } from '../api/objects.js';
import { type Crew, checkpoint, takeSteps, tellStep } from '../crew.js';
import { removeMember } from '../etcd/etcd-members.js';
import { takeSnapshot } from '../etcd/take-snapshot.js';
import { leave } from '../leave.js';
import type { Absent } from '../pass-over.js';
import { preparing } from '../prepare-hosts.js';
import type { Rolling } from '../rollout/rolling.js';
import { serveKubelets } from '../serve-kubelets.js';
import { onHosts } from '../stage.js';
import { supply } from '../transfer/supply.js';
import { changing } from './change.js';
import { start, verify } from './start.js';
import type { Hands } from './take-waves.js';

/** What a plan's waves are taken with, in one run. */
export interface Takers extends Required<Hands> {
  /** Steps that were taken though the plan lacks them, of objects that could not be compared before. */
  readonly more: readonly Step[];
  /** What stands, and does not as it should. */
  readonly failed: readonly Failure[];
  /** Ends what goes on for waves to come; none come after settling that need it. */
  end(): Promise<void>;
}

type Take = (wave: Wave) => Promise<void>;

/**
 * A hand for every kind of wave.
 * @param rollout of hosts that stand for themselves
 */
export function takersFor(crew: Crew, seen: Survey, plan: Plan, rollout?: Rolling): Takers {
  const more: Step[] = [];
  const failed: Failure[] = [];
  const changed: AppliedObject[] = [];
  let supplied = crew;
  const nodes = changing(seen, plan.waves);
  const hosts = preparing(plan.waves);
  const note = (result: { readonly steps: readonly Step[]; readonly failed: readonly Failure[] }) => {
    more.push(...result.steps.filter((step) => isUncompared(plan, step)));
    failed.push(...result.failed);
  };
  const take: Readonly<Record<WaveKind, Take>> = {
    snapshot: (wave) => saveSnapshot(crew, wave),
    'lost-members': (wave) => removeLost(crew, seen, wave),
    supply: async (wave) => {
      supplied = { ...crew, ahead: await supply(crew, wave, plan.steps) };
    },
    peers: (wave) => tellPeers(crew, wave),
    serving: (wave) => serveKubelets(crew, seen, wave),
    change: (wave) => nodes.take(supplied, wave),
    batch: (wave) => rollout!.batch(supplied, wave),
    pause: (wave) => rollout!.pause(supplied, wave),
    prepare: (wave) => hosts.prepare(crew, wave),
    images: hosts.images,
    start: (wave) => start(crew, wave),
    verify: (wave) => verify(crew, seen, wave),
    objects: async () => {
      const names = seen.desired.hosts.map(({ host }) => host);
      const applied = await applyObjects(crew, seen.desired, names, plan.steps);
      note(applied);
      changed.push(...applied.addons.map((object) => ({ object, of: 'podstrap' })));
    },
    leave: (wave) => leave(crew, seen, wave),
    routes: (wave) => dropRoutes(crew, wave),
    // It went as the run was noted.
    memory: async ({ steps }) => {
      for (const step of steps) tellStep(crew, step);
    },
    addons: async () => {
      // At a bootstrap nobody waits for kube-proxy and CoreDNS: the control plane is what was asked for.
      const awaited = seen.situation.kind === 'live' ? changed : [];
      note(await finishAddons(crew, seen, plan, awaited));
    },
  };
  return {
    more,
    failed,
    take: async (wave) => {
      const present = without(crew.absent, wave);
      if (present.hosts.length > 0) await take[wave.kind](present);
      await crew.absent.setAside();
    },
    skips: () => rollout?.isHeld === true,
    stop: hosts.stop,
    end: async () => {
      nodes.end();
      await hosts.end();
    },
  };
}

/** The part of a wave that is not about hosts that the run goes on without. */
const without = (absent: Absent, wave: Wave): Wave => ({
  ...wave,
  hosts: wave.hosts.filter((host) => !absent.has(host)),
  steps: wave.steps.filter(({ host }) => !absent.has(host)),
});

/** The way back that always works is made before anything is changed. */
async function saveSnapshot(crew: Crew, { steps }: Wave): Promise<void> {
  const { session, transports } = crew;
  const { host, path, size } = await takeSnapshot(session, transports, session.snapshots);
  session.emit({
    event: 'host-done',
    host,
    stage: 'snapshot',
    did: `saved ${(size / 1e6).toFixed(1)} MB of etcd as ${path}`,
  });
  for (const step of steps) tellStep(crew, step);
}

/** Members that do not vote and will not come back go first: without them the others' majority is smaller. */
async function removeLost(crew: Crew, seen: Survey, { steps }: Wave): Promise<void> {
  checkpoint(crew, 'removing lost members of etcd');
  for (const step of steps) {
    await removeMember(crew, seen, step);
    tellStep(crew, step);
  }
}

/**
 * Brings what hosts know of one another to all that run, at once: nothing restarts, so no host needs a turn of its own,
 * and those that are about to join find the way prepared.
 */
function tellPeers(crew: Crew, { hosts, steps }: Wave): Promise<void> {
  checkpoint(crew, 'telling hosts about each other');
  return onHosts(
    crew.session,
    'peers',
    hosts,
    async (host) => {
      const own = stepsOn(steps, host);
      await takeSteps(crew, host, own);
      return `${own.length} steps`;
    },
    crew.absent.passOver,
  );
}

/** Hosts that stay drop their routes to those that have left. */
const dropRoutes = (crew: Crew, { hosts, steps }: Wave): Promise<void> =>
  onHosts(
    crew.session,
    'leave',
    hosts,
    async (host) => {
      await takeSteps(crew, host, stepsOn(steps, host));
      return 'knows that they have left';
    },
    crew.absent.passOver,
  );
