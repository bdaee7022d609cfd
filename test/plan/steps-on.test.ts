import { expect, test } from 'vitest';
import type { Step } from '../../src/plan/step.js';
import { stepsOn } from '../../src/plan/steps-on.js';

const step = (host: string, name: string): Step => ({
  host,
  phase: 'node',
  action: { do: 'start-unit', name },
  reason: 'it does not run',
});

test('the steps on a host keep their order, however often a list is asked', () => {
  const steps = [step('cp-1', 'a'), step('cp-2', 'b'), step('', 'c'), step('cp-1', 'd')];
  for (let asked = 0; asked < 2; asked++) {
    expect(stepsOn(steps, 'cp-1')).toEqual([steps[0], steps[3]]);
    expect(stepsOn(steps, '')).toEqual([steps[2]]);
    expect(stepsOn(steps, 'cp-3')).toEqual([]);
  }
  expect(stepsOn(steps.slice(3), 'cp-1')).toEqual([steps[3]]);
});
