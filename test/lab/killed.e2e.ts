import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { etcdMembership } from './etcd.js';
import { outcome } from './fingerprint.js';
import { type Lab, startLab } from './hosts.js';
import { upKilledAfter } from './interrupted.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { randomFrom } from './random.js';

const hosts = namedHosts('kill', 3, 41);
const names = hosts.map(({ name }) => name);
const points = Number(process.env.LAB_KILLS ?? 2);
const seed = Number(process.env.LAB_SEED ?? Math.floor(Math.random() * 2 ** 31));

describe(`podstrap killed while it makes three control planes (LAB_SEED=${seed})`, () => {
  let lab: Lab;
  let whole: Readonly<Record<string, string>>[];
  let seconds = 0;
  const operators: Operator[] = [];
  beforeAll(async () => {
    lab = await startLab({ hosts });
    const operator = await arrive();
    await operator.plan(); // fetches the artifacts, which later runs have in their cache
    const start = performance.now();
    await must(operator.up());
    seconds = (performance.now() - start) / 1000;
    whole = await outcomes();
    console.log(`undisturbed: ${seconds.toFixed(1)} s; seed ${seed}`);
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
  const outcomes = () => Promise.all(names.map((name) => outcome(lab, name)));

  // One point in each of equal parts of the time that an undisturbed run takes, so that every phase is hit.
  const random = randomFrom(seed);
  const fractions = Array.from({ length: points }, (_, index) => (index + random()) / points);

  it.for(fractions)('after %f of its time: up again reaches the same state', async (fraction) => {
    await lab.fresh(...names);
    const operator = await arrive();
    const lastWords = await upKilledAfter(operator, fraction * seconds);
    console.log(`killed after ${(fraction * seconds).toFixed(1)} s; its last words: ${lastWords}`);
    await must(operator.up());
    await nothingToDo(operator);
    expect(await outcomes()).toEqual(whole);
    for (const name of names)
      expect((await etcdMembership(lab, name)).members.map(({ learner }) => learner)).toEqual([
        false,
        false,
        false,
      ]);
  });
});
