import type { ChildProcess } from 'node:child_process';
import { afterAll, afterEach, beforeAll, describe, it } from 'vitest';
import { randomFrom } from '../lab/random.js';
import { expectEnd, startWorld, type World } from './world.js';

let world: World;
beforeAll(async () => {
  world = await startWorld(1);
});
afterEach(() => world.reset());
afterAll(() => world.close());

/** Runs `up` with every step told, and acts when its words have come to that point, once. */
function upUntil(reached: (said: string) => boolean, act: (child: ChildProcess) => void) {
  let child: ChildProcess;
  let said = '';
  let acted = false;
  return world.podstrap(['up', '--yes', '--verbose'], {
    onStart: (started) => {
      child = started;
    },
    onOutput: (text) => {
      said += text;
      if (acted || !reached(said)) return;
      acted = true;
      act(child);
    },
  });
}

/** Lines in which the run tells what it does: the plan, which comes before them, has none of the kind. */
const lines = (count: number) => (said: string) =>
  (said.match(/^(?!warning)\S+( \S+)*: .*$/gm) ?? []).length > count;

it('Ctrl-C once finishes the step at hand and says where the run stands', async () => {
  const ended = await upUntil(lines(8), (child) => child.kill('SIGINT'));
  expectEnd(
    ended,
    130,
    'Stopping after the current step',
    'Stopping before: ',
    'The current step was finished, and nothing after it was started',
    '→ Run `podstrap up` again: it continues from here.',
  );
  await world.converge();
});

it('Ctrl-C twice stops at once', async () => {
  let twice = false;
  const ended = await world.podstrap(['up', '--yes', '--verbose'], {
    onStart: (child) =>
      child.stderr?.on('data', (text: string) => {
        if (/^cp-1: /m.test(text) && !twice) child.kill('SIGINT');
        if (text.includes('Stopping after') && !twice) {
          twice = true;
          child.kill('SIGINT');
        }
      }),
  });
  expectEnd(ended, 130, 'Stopping at once.', '→');
  await world.converge();
});

it('Ctrl-C once ends a run that only looks, also at a host that never answers', async () => {
  const faults = world.site.faults('cp-1');
  // Longer than any test lives.
  faults.latency(24 * 3_600_000);
  let child: ChildProcess;
  let said = '';
  let asked = false;
  const ended = await world.podstrap(['plan'], {
    onStart: (started) => {
      child = started;
    },
    onOutput: (text) => {
      said += text;
      if (asked || !said.includes('Connect: done')) return;
      asked = true;
      child.kill('SIGINT');
    },
  });
  faults.clear();
  expectEnd(ended, 130, 'Stopping at once.', 'a host did not respond in time. Nothing was changed');
});

describe('killed at any line, up converges', () => {
  const seed = Number(process.env['FAILURES_SEED'] ?? 20_261);
  const random = randomFrom(seed);
  const points = Array.from({ length: 5 }, () => 2 + Math.floor(random() * 70));
  it.for(points)(`SIGKILL after %i lines (seed ${seed})`, async (count) => {
    const ended = await upUntil(lines(count), (child) => child.kill('SIGKILL'));
    expectEnd(ended, 137);
    await world.converge();
  });
});

it('the lock of a run that hangs is taken away by unlock, and the run can change nothing any more', async () => {
  let meanwhile: Promise<void> | undefined;
  const first = await upUntil(lines(6), (child) => {
    child.kill('SIGSTOP');
    meanwhile = (async () => {
      expectEnd(await world.up(), 75, 'cp-1: Taking the lock', 'podstrap unlock');
      expectEnd(
        await world.podstrap(['unlock']),
        75,
        /cp-1: .*locked by .*; last heartbeat \d+ s ago/,
        'unlock --force',
      );
      expectEnd(await world.podstrap(['unlock', '--force']), 0, /cp-1: unlocked; it was held by \S+@/);
      await world.converge();
    })().finally(() => child.kill('SIGCONT'));
  });
  await meanwhile;
  expectEnd(first, 75, 'the lock of this run is no longer there');
  await world.converge();
});

it('of two operators at once, the second is told who is at work', async () => {
  let second: Promise<void> | undefined;
  const first = await upUntil(lines(6), (child) => {
    // The first one waits, so that it is certainly at work while the second one tries.
    child.kill('SIGSTOP');
    second = world
      .up()
      .then((ended) => expectEnd(ended, 75, 'Taking the lock', /locked by .*\(podstrap up\)/))
      .finally(() => child.kill('SIGCONT'));
  });
  await second;
  expectEnd(first, 0);
  await world.converge();
});
