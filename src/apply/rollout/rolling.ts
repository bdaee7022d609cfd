import { Failure, Failures } from '../../failure.js';
import { parseDuration } from '../../inventory/duration.js';
import type { Rollout } from '../../inventory/fleet/fleet.js';
import { lanes } from '../../lanes.js';
import { asFailed, type RolloutRecord } from '../../plan/rollout/rollout-record.js';
import { amountOf, stagesOf } from '../../plan/rollout/stages.js';
import type { Plan, Step } from '../../plan/step.js';
import { stepsOn } from '../../plan/steps-on.js';
import type { Wave } from '../../plan/waves/wave.js';
import type { Survey } from '../../survey/survey.js';
import { changeNode } from '../change-node.js';
import { type Crew, checkpoint } from '../crew.js';
import { type Undone, undoWorker } from '../undo/undo.js';
import { inWindow } from './in-window.js';
import { soak } from './soak.js';
import { staysHealthy } from './stays-healthy.js';

/** Hosts that go back at the same time. */
const backAtOnce = 32;

/** Carries a roll-out on, batch after batch, and remembers how far it is. */
export interface Rolling {
  batch(crew: Crew, wave: Wave): Promise<void>;
  pause(crew: Crew, wave: Wave): Promise<void>;
  /** True once the run is to end before the roll-out does: nothing more begins. */
  readonly isHeld: boolean;
  /** What it waits for then. */
  readonly held: string | undefined;
  /** Hosts that failed and went back alone. */
  readonly failed: readonly Failure[];
  /** Hosts that are not as wanted: they failed, or their turn has not come. */
  readonly left: readonly string[];
  /** Steps that were taken. */
  readonly taken: readonly Step[];
}

interface RolloutMemory {
  record: RolloutRecord;
  save(record: RolloutRecord): Promise<void>;
}

/** @param memory how far it is, which is written before anything follows from it */
export function rolling(seen: Survey, plan: Plan, rollout: Rollout, memory: RolloutMemory): Rolling {
  const failed: Failure[] = [];
  const taken: Step[] = [];
  let held: string | undefined;

  const hold = ({ session }: Crew, why: string): void => {
    held = why;
    session.emit({ event: 'held', for: why });
  };
  const note = async (change: Partial<RolloutRecord>): Promise<void> => {
    memory.record = { ...memory.record, ...change };
    await memory.save(memory.record);
  };
  const noteHosts = (states: Readonly<Record<string, RolloutRecord['hosts'][string]>>) =>
    note({ hosts: { ...memory.record.hosts, ...states } });
  const owe = (hosts: readonly string[]) => note({ owed: [...new Set([...memory.record.owed, ...hosts])] });
  const changing = new Set(plan.waves.flatMap((wave) => (wave.kind === 'batch' ? wave.hosts : [])));
  const tolerated = () => {
    const all = new Set([...changing, ...Object.keys(memory.record.hosts)]);
    return amountOf(rollout.failureTolerance, all.size, 'down');
  };
  const stateIs = (...states: readonly string[]) =>
    Object.entries(memory.record.hosts).flatMap(([host, state]) => (states.includes(state) ? [host] : []));

  /** Changes one host and proves it. @returns why it counts as failed; undefined when all is well */
  async function changeOne(crew: Crew, wave: Wave, host: string): Promise<Failure | undefined> {
    try {
      const surroundings = { changed: [], failed: crew.session.abort };
      await changeNode(crew, seen, wave, host, surroundings);
      const [least, most] = [rollout.minHealthyTime, rollout.healthyDeadline].map(parseDuration);
      await staysHealthy(crew, seen, host, least!, most!);
      return undefined;
    } catch (error) {
      const one = error instanceof Failures ? error.failures[0] : error;
      if (!(one instanceof Failure) || one.kind === 'interrupted' || crew.session.abort.aborted) throw error;
      const failure = one.at({ host });
      // Nothing more is sent to one that is lost.
      crew.absent.passOver(host, failure);
      return failure;
    }
  }

  /** Puts these hosts back, several at a time. Never throws. */
  async function goBack(crew: Crew, hosts: readonly string[]): Promise<readonly Undone[]> {
    const lane = lanes(backAtOnce);
    const undone = await Promise.all(
      hosts.map((host) =>
        lane(async (): Promise<Undone> => {
          if (!crew.transports.has(host))
            return { host, state: 'unfinished', said: 'cannot be reached; it is rolled back once it can be' };
          return undoWorker(crew, seen, plan.steps, host);
        }),
      ),
    );
    await owe(undone.flatMap(({ host, state }) => (state === 'unfinished' ? [host] : [])));
    return undone;
  }

  /** Ends the roll-out for good. @returns what to throw */
  async function fail(crew: Crew, failures: readonly Failure[]): Promise<Failure | Failures> {
    const at = crew.session.now().toISOString();
    const all = rollout.onFailure === 'revert';
    const hosts = all
      ? stateIs('proved', 'changing', 'failed')
      : failures.flatMap(({ where }) => where.host!);
    const said = failures.map(({ message, where }) => `${where.host}: ${message}`).join('\n');
    await note(asFailed(memory.record, said, at));
    const undone = crew.undoes ? await goBack(crew, hosts) : [];
    await noteHosts(
      Object.fromEntries(
        undone.flatMap(({ host, state }) =>
          state === 'before' && memory.record.hosts[host] !== 'failed' ? [[host, 'back' as const]] : [],
        ),
      ),
    );
    return endOf(crew, failures, undone, plan.steps);
  }

  return {
    failed,
    taken,
    get held() {
      return held;
    },
    get isHeld() {
      return held !== undefined;
    },
    get left() {
      const done = new Set(taken.map(({ host }) => host));
      return [...changing].filter((host) => !done.has(host));
    },
    batch: async (crew, wave) => {
      if (!inWindow(rollout.window, crew.session.now())) {
        return hold(crew, windowText(rollout));
      }
      checkpoint(crew, `changing ${wave.hosts.length === 1 ? wave.hosts[0] : `${wave.hosts.length} hosts`}`);
      await noteHosts(Object.fromEntries(wave.hosts.map((host) => [host, 'changing' as const])));
      const results = await Promise.allSettled(
        wave.hosts.map(async (host) => {
          const failure = await changeOne(crew, wave, host);
          const did = failure === undefined ? 'changed and healthy' : 'failed';
          crew.session.emit({ event: 'host-done', host, stage: wave.stage!, did });
          if (failure === undefined) taken.push(...stepsOn(wave.steps, host));
          return { host, failure };
        }),
      );
      const done = results.flatMap((one) => (one.status === 'fulfilled' ? [one.value] : []));
      const bad = done.flatMap(({ failure }) => (failure === undefined ? [] : [failure]));
      await noteHosts(
        Object.fromEntries(
          done.map(({ host, failure }) => [host, failure === undefined ? 'proved' : 'failed'] as const),
        ),
      );
      const rejected = results.find((one) => one.status === 'rejected');
      if (rejected) throw rejected.reason;
      if (bad.length === 0) return;
      if (stateIs('failed').length > tolerated()) throw await fail(crew, bad);
      if (crew.undoes) {
        const undone = await goBack(
          crew,
          bad.map(({ where }) => where.host!),
        );
        failed.push(...bad.map((failure) => aloneBack(failure, undone)));
      } else failed.push(...bad);
    },
    pause: async (crew, wave) => {
      const stage = stagesOf(crew.session.inventory).find(({ name }) => name === wave.rollout)!;
      const there = stage.hosts.filter((host) => crew.transports.has(host));
      if (there.length === 0) {
        return hold(
          crew,
          `${stage.name}: none of its hosts can be reached, so nothing has proved the change for the next stage`,
        );
      }
      const soakMs = parseDuration(stage.soak);
      if (soakMs > 0) {
        const now = crew.session.now();
        const since = memory.record.soaking[stage.name] ?? now.toISOString();
        await note({ soaking: { ...memory.record.soaking, [stage.name]: since } });
        const left = soakMs - (now.getTime() - Date.parse(since));
        const failure = left > 0 ? await soak(crew, seen, there, left) : undefined;
        if (failure !== undefined) {
          await noteHosts({ [failure.where.host!]: 'failed' });
          if (stateIs('failed').length > tolerated()) throw await fail(crew, [failure]);
          const undone = crew.undoes ? await goBack(crew, [failure.where.host!]) : [];
          failed.push(aloneBack(failure, undone));
        }
      }
      if (stage.approve && memory.record.approved[stage.name] === undefined) {
        await note({ waiting: stage.name });
        hold(
          crew,
          `${stage.name}: waiting for approval. Look at its hosts, then \`podstrap approve ${stage.name}\` and \`podstrap up\``,
        );
      }
    },
  };
}

const windowText = ({ window }: Rollout): string =>
  `hosts are changed only from ${window!.from} to ${window!.to} (${window!.timeZone}) on ${window!.days.join(', ')}`;

const aloneBack = (failure: Failure, undone: readonly Undone[]): Failure => {
  const { said } = undone.find(({ host }) => host === failure.where.host) ?? {};
  return said === undefined ? failure : failure.saying(`It ${said}; the roll-out goes on without it.`);
};

/** Hosts whose end is told one by one. */
const mostTold = 40;

function endOf(
  { undoes }: Crew,
  failures: readonly Failure[],
  undone: readonly Undone[],
  steps: readonly Step[],
): Failure | Failures {
  const shown = undone.slice(0, mostTold).map(({ host, said }) => `${host}: ${said}`);
  const more = undone.length > mostTold ? [`… and ${undone.length - mostTold} more`] : [];
  const stands = undoes
    ? ['-- how the hosts stand now', ...shown, ...more]
    : ['left as it is, because of --no-rollback'];
  const all = undone.every(({ state }) => state === 'before');
  const complete = failures.map((failure, index) => {
    const diff = stepsOn(steps, failure.where.host!).flatMap((step) => step.diff ?? []);
    const change = diff.length === 0 || index > 0 ? [] : ['-- what was changed', ...diff];
    return failure.saying(
      [...change, ...(index === failures.length - 1 ? stands : [])].join('\n'),
      `${all && undoes ? 'What this roll-out had changed is as it was before. ' : ''}Read above what the pod said, and correct the inventory: \`podstrap up\` refuses this roll-out from now on. If the hosts were the cause: \`podstrap up --retry\`.`,
    );
  });
  return complete.length === 1 ? complete[0]! : new Failures(complete);
}
