import fc from 'fast-check';
import { load } from 'js-yaml';
import { expect, test } from 'vitest';
import { lastValue, overrideFlags, readFlag } from '../../src/kubernetes/flags.js';
import { desiredOf, madeEarlier, podOf } from './desired-of.js';
import { controlPlane, inventoryOf } from './inventory-of.js';

const flagsOf = (content: string) => {
  const pod = load(content) as { spec: { containers: { command: string[] }[] } };
  return pod.spec.containers[0]!.command.slice(1).map(readFlag);
};
const own = flagsOf(
  podOf(
    desiredOf(inventoryOf({ kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1)] })),
    'cp-1',
    'kube-apiserver',
  ).content,
);
const name = fc.oneof(
  fc.constantFrom(...own.map((flag) => flag.name)),
  fc.stringMatching(/^[a-z][a-z0-9-]{0,20}$/),
);
const extraArgs = fc.array(fc.record({ name, value: fc.string() }), { maxLength: 8 });

test('whatever a user gives, the last value wins and no flag of podstrap’s is there beside it', () => {
  fc.assert(
    fc.property(extraArgs, (args) => {
      const inventory = inventoryOf({
        kubernetesVersion: 'v1.36.3',
        hosts: [controlPlane(1)],
        apiServer: { extraArgs: args },
      });
      const flags = flagsOf(podOf(desiredOf(inventory), 'cp-1', 'kube-apiserver').content);
      const given = new Set(args.map((arg) => arg.name));
      for (const arg of args) {
        expect(lastValue(flags, arg.name)).toBe(lastValue(args, arg.name));
        expect(flags.filter((flag) => flag.name === arg.name)).toEqual(
          args.filter((other) => other.name === arg.name),
        );
      }
      // authorization-config stands instead of authorization-mode, and not beside it.
      const untouched = own.filter(
        (flag) =>
          !given.has(flag.name) && !(flag.name === 'authorization-mode' && given.has('authorization-config')),
      );
      expect(flags.slice(0, untouched.length)).toEqual(untouched);
      expect(flags).toHaveLength(untouched.length + args.length);
    }),
    { numRuns: 60 },
  );
});

test.each([['etcd'], ['kube-apiserver'], ['kube-controller-manager'], ['kube-scheduler']])(
  'the flags of %s are sorted and each is there once',
  (component) => {
    const inventory = inventoryOf({
      kubernetesVersion: 'v1.36.3',
      networking: { podSubnet: '10.244.0.0/16' },
      hosts: [controlPlane(1)],
    });
    // What hardens a cluster comes after these, as what a user adds.
    const state = desiredOf(inventory, { settled: madeEarlier(inventory) });
    const names = flagsOf(podOf(state, 'cp-1', component).content).map((flag) => flag.name);
    expect(names).toEqual([...new Set(names)].sort());
  },
);

test('a flag that is overridden loses all its defaults and keeps all its new values in order', () => {
  const defaults = [
    { name: 'a', value: '1' },
    { name: 'b', value: '2' },
  ];
  const overrides = [
    { name: 'c', value: '3' },
    { name: 'a', value: '4' },
    { name: 'a', value: '5' },
  ];
  expect(overrideFlags(defaults, overrides)).toEqual([{ name: 'b', value: '2' }, ...overrides]);
});

test('the value of a flag may hold equals signs, and may be missing', () => {
  expect(readFlag('--feature-gates=A=true,B=false')).toEqual({
    name: 'feature-gates',
    value: 'A=true,B=false',
  });
  expect(readFlag('--verbose')).toEqual({ name: 'verbose', value: '' });
});
