import type { Emit } from '../../events.js';
import type { Wave } from '../../plan/waves/wave.js';

/** What is done with a wave. */
export interface Hands {
  /** Takes the steps of a wave that may begin. */
  take(wave: Wave): Promise<void>;
  /** Asked before a wave begins: true when the run ends before it. */
  skips?(wave: Wave): boolean;
  /** Called when a wave has failed: what only goes on for the sake of others need not. */
  stop?(): void;
}

/**
 * Takes waves: each as soon as those have ended that it comes after. What comes after a wave that failed does not begin; what
 * is under way ends.
 * @param waves in the order in which they can begin; those that are not among them have ended
 * @throws what the first of them that failed has thrown
 */
export async function takeWaves(
  emit: Emit,
  waves: readonly Wave[],
  { take, skips, stop }: Hands,
): Promise<void> {
  const failures = new Map<string, unknown>();
  const ends = new Map<string, Promise<boolean>>();
  const stages = stagesOf(emit, waves);
  const takeOne = async (wave: Wave): Promise<boolean> => {
    const ended = await Promise.all(wave.after.map((name) => ends.get(name) ?? true));
    if (ended.includes(false)) return false;
    if (skips?.(wave)) return true;
    stages.begin(wave);
    emit({ event: 'wave', wave: wave.name, state: 'started' });
    try {
      await take(wave);
    } catch (error) {
      failures.set(wave.name, error);
      stop?.();
      return false;
    }
    emit({ event: 'wave', wave: wave.name, state: 'finished' });
    stages.end(wave);
    return true;
  };
  for (const wave of waves) ends.set(wave.name, takeOne(wave));
  await Promise.all(ends.values());
  const failed = waves.find(({ name }) => failures.has(name));
  if (failed) throw failures.get(failed.name);
}

/** Tells when a stage begins, which is with the first of its waves, and ends, which is with the last. */
function stagesOf(emit: Emit, waves: readonly Wave[]) {
  const began = new Map<string, number>();
  const left = new Map<string, number>();
  for (const { stage } of waves) if (stage !== undefined) left.set(stage, (left.get(stage) ?? 0) + 1);
  return {
    begin: ({ stage }: Wave): void => {
      if (stage === undefined || began.has(stage)) return;
      began.set(stage, performance.now());
      emit({ event: 'stage', stage, state: 'started' });
    },
    end: ({ stage }: Wave): void => {
      if (stage === undefined) return;
      left.set(stage, left.get(stage)! - 1);
      if (left.get(stage) !== 0) return;
      const seconds = (performance.now() - began.get(stage)!) / 1000;
      emit({ event: 'stage', stage, state: 'finished', seconds });
    },
  };
}
