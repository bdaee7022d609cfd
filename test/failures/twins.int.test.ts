import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openInventory, openSession } from '../../src/cli/open-session.js';
import { newRunId } from '../../src/cli/run-id.js';
import { Failure, Failures } from '../../src/failure.js';
import type { Step } from '../../src/plan/step.js';
import { applyRun, planRun } from '../../src/stories/reconcile.js';
import type { Session } from '../../src/survey/session.js';
import { hostile, type Lie, lies, marker, nameOf, noting } from './hostile-host.js';
import { type Spec, startWorld, type World } from './world.js';

/** More of it: `FAILURES_CASES=100 FAILURES_SEED=7 npm run scenarios -- test/failures/twins`. */
const seed = Number(process.env['FAILURES_SEED'] ?? 20_263);
const cases = Number(process.env['FAILURES_CASES'] ?? 6);

let world: World;
beforeAll(async () => {
  world = await startWorld(3, 1, {
    spec: { timeouts: { watchAfterChange: '1s', controlPlaneComponentHealthCheck: '180s' } },
  });
  vi.stubEnv('HOME', world.directory);
  await world.converge();
}, 900_000);
afterAll(async () => {
  vi.unstubAllEnvs();
  await world.close();
});

/** How one host behaves in a run; the others are as they should be. */
type Behaviour = 'sound' | 'unreachable' | Lie;

const away = (host: string): Failure =>
  new Failure({
    kind: 'unreachable',
    doing: 'Connecting',
    where: { host },
    said: 'no route to host',
    next: 'Wait.',
  });

interface Run {
  readonly session: Session;
  /** All that went to the other hosts. */
  readonly sent: string[];
  readonly said: string[];
}

/** An operator in this very process, to whom one host is not what it should be. */
async function operator(odd: string, behaviour: Behaviour): Promise<Run> {
  const options = {
    file: world.file,
    output: 'text',
    color: false,
    verbose: false,
    acceptNewHostKeys: false,
  };
  const typed = options as Parameters<typeof openInventory>[0];
  const inventory = await openInventory(typed, () => undefined);
  const never = new AbortController().signal;
  const interrupts = { stop: never, abort: never, dispose: () => undefined };
  const [sent, said]: [string[], string[]] = [[], []];
  const session = await openSession(
    inventory,
    typed,
    'up',
    newRunId(new Date()),
    (event) => said.push(JSON.stringify(event)),
    interrupts,
    undefined,
  );
  const connect: Session['connect'] = async (hosts) => {
    const ways = new Map(await session.connect(hosts));
    for (const [name, way] of ways)
      if (way instanceof Failure) continue;
      else if (name !== odd) ways.set(name, noting(way, sent));
      else if (behaviour === 'unreachable') {
        await way.close();
        ways.set(name, away(name));
      } else if (behaviour !== 'sound') ways.set(name, hostile(way, behaviour));
    return ways;
  };
  return { session: { ...session, connect }, sent, said };
}

/** What is planned for all hosts but one, and for the API; and which hosts were passed over. */
async function planned(odd: string, behaviour: Behaviour) {
  const run = await operator(odd, behaviour);
  const { plan, site } = await planRun(run.session);
  await site.close();
  return { ...run, steps: others(plan.steps, odd), skipped: [...site.unreachable.keys()] };
}

/** What `up` comes to without that host: `done`, or what stopped it. */
async function applied(odd: string, behaviour: Behaviour) {
  const { session, sent } = await operator(odd, behaviour);
  const run = await planRun(session);
  try {
    expect([...run.site.unreachable.keys()]).toEqual([odd]);
    const outcome = await applyRun(session, run).then(
      () => 'done',
      (error: unknown) => {
        expectForeseen(error);
        return (error as Error).message;
      },
    );
    return { outcome, sent };
  } finally {
    await run.site.close();
  }
}

const others = (steps: readonly Step[], odd: string) =>
  steps.filter(({ host }) => host !== odd).map(({ diff: _, ...step }) => step);

/** Every file of the operator's own. */
async function keptTexts(): Promise<string> {
  const names = await readdir(world.state, { recursive: true, withFileTypes: true });
  const files = names.filter((one) => one.isFile());
  return (await Promise.all(files.map((one) => readFile(join(one.parentPath, one.name), 'latin1')))).join(
    '\n',
  );
}

/** Fails for a defect, which is what an answer must never make of this program. */
function expectForeseen(error: unknown): void {
  if (error instanceof Failure || error instanceof Failures) return;
  throw error;
}

const told = fc.sample(lies, { seed, numRuns: cases });
const change = (level: string) => (spec: Spec) => {
  spec.containerd = { config: { debug: { level } } };
};

describe.each(['w-1', 'cp-2'])('%s', (odd) => {
  it.for(told.map((lie) => [nameOf(lie), lie] as const))(
    `is hostile (%s; seed ${seed}): what is planned for the others is as if it could not be reached, or as if it were sound`,
    { timeout: 600_000 },
    async ([, lie]) => {
      const undo = await world.edit(change('warn'));
      try {
        const [sound, unreachable] = [await planned(odd, 'sound'), await planned(odd, 'unreachable')];
        const lying = await planned(odd, lie);
        const isOut = lying.skipped.includes(odd);
        expect(
          lying.skipped.filter((name) => name !== odd),
          'no other host suffers',
        ).toEqual([]);
        expect(lying.steps).toEqual(isOut ? unreachable.steps : sound.steps);
        expect(lying.sent.filter((text) => text.includes(marker))).toEqual([]);
        expect(await keptTexts()).not.toContain(marker);
      } finally {
        await undo();
      }
    },
  );

  it(`is hostile when a run begins: it comes to what it comes to where that host cannot be reached (seed ${seed})`, {
    timeout: 1_200_000,
  }, async () => {
    const undo = await world.edit(change('warn'));
    const lie: Lie = { kind: 'end', every: 1, at: 0, word: marker };
    const { outcome, sent } = await applied(odd, lie);
    expect(sent.filter((text) => text.includes(marker))).toEqual([]);
    const left = await planned(odd, 'unreachable');
    // Of three members of etcd two vote: no other control plane is changed meanwhile.
    if (odd === 'cp-2') expect(outcome).toMatch(/no quorum/);
    else expect([outcome, left.steps]).toEqual(['done', []]);
    expect((await applied(odd, 'unreachable')).outcome).toBe(outcome);
    expect((await planned(odd, 'unreachable')).steps).toEqual(left.steps);
    await undo();
    await world.converge();
  });

  it.for(told.slice(0, Math.max(2, Math.ceil(cases / 3))).map((lie) => [nameOf(lie), lie] as const))(
    `begins to lie once its plan is made (%s; seed ${seed}): nothing of it reaches the others, and the next run converges`,
    { timeout: 1_800_000 },
    async ([, lie]) => {
      const undo = await world.edit(change('warn'));
      const late: { lie?: Lie } = {};
      const { session, sent } = await operator(odd, 'sound');
      const lying: Session = {
        ...session,
        connect: async (hosts) =>
          new Map(
            [...(await session.connect(hosts))].map(([name, way]) => {
              if (name !== odd || way instanceof Failure) return [name, way];
              const other = hostile(way, lie);
              return [name, { ...way, exec: (asked) => (late.lie ? other.exec(asked) : way.exec(asked)) }];
            }),
          ),
      };
      const run = await planRun(lying);
      late.lie = lie;
      try {
        await applyRun(lying, run).catch(expectForeseen);
      } finally {
        await run.site.close();
      }
      expect(sent.filter((text) => text.includes(marker))).toEqual([]);
      expect(await keptTexts()).not.toContain(marker);
      await undo();
      await world.converge();
    },
  );
});
