import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { outcome } from './fingerprint.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { randomFrom } from './random.js';

const [host] = namedHosts('cable', 1, 51) as [LabHost];
const points = 4;
const seed = Number(process.env.LAB_SEED ?? Math.floor(Math.random() * 2 ** 31));

describe(`a network cable pulled while podstrap makes a control plane (LAB_SEED=${seed})`, () => {
  let lab: Lab;
  let whole: Readonly<Record<string, string>>;
  let seconds = 0;
  const operators: Operator[] = [];
  beforeAll(async () => {
    lab = await startLab({ hosts: [host] });
    const operator = await arrive();
    await operator.plan(); // fetches the artifacts, which later runs have in their cache
    const start = performance.now();
    await must(operator.up());
    seconds = (performance.now() - start) / 1000;
    whole = await outcome(lab, host.name);
  });
  afterAll(async () => {
    await Promise.all(operators.map((operator) => operator.leave()));
    await lab?.down();
  });
  const arrive = async () => {
    const operator = await newOperator(lab, inject('artifacts'));
    operators.push(operator);
    await operator.write({});
    return operator;
  };

  const random = randomFrom(seed);
  // Not in the last tenth: a faster run might be over by then.
  const fractions = Array.from({ length: points }, (_, index) => (0.9 * (index + random())) / points);

  it.for(fractions)(
    'after %f of its time: it is told as a lost connection, and up again mends it',
    async (fraction) => {
      await lab.fresh(host.name);
      const operator = await arrive();
      const run = operator.up();
      await pause(fraction * seconds * 1000);
      await lab.cut(host.name);
      const ended = await run;
      await lab.join(host.name);
      expect([1, 75]).toContain(ended.code);
      expect(ended.stderr).toContain(host.name);
      await must(operator.up());
      await nothingToDo(operator);
      expect(await outcome(lab, host.name)).toEqual(whole);
    },
  );
});
