import { expect, test } from 'vitest';
import { byPhase, phases } from '../../src/plan/phases.js';
import type { Step } from '../../src/plan/step.js';

const step = (phase: Step['phase'], host: string): Step => ({
  host,
  phase,
  action: { do: 'reload-units' },
  reason: 'a test',
});

test('phases have names of their own and say what they are for', () => {
  expect(phases.map(({ name }) => name)).toEqual([
    'snapshot',
    'lost-members',
    'binaries',
    'node',
    'images',
    'peers',
    'serving',
    'certificates',
    'control-plane',
    'cluster',
    'leave',
    'addons',
  ]);
  for (const { title, about } of phases) expect(title.length * about.length).toBeGreaterThan(0);
});

test('steps are put in the order of phases, and keep their own within one', () => {
  const steps = [
    step('cluster', 'a'),
    step('node', 'b'),
    step('binaries', 'c'),
    step('node', 'a'),
    step('binaries', 'd'),
  ];
  expect(byPhase(steps).map(({ phase, host }) => `${phase} ${host}`)).toEqual([
    'binaries c',
    'binaries d',
    'node b',
    'node a',
    'cluster a',
  ]);
  expect(steps[0]!.phase).toBe('cluster');
});
