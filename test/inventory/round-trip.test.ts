import fc from 'fast-check';
import { dump } from 'js-yaml';
import { expect, test } from 'vitest';
import { inventoryOf, read } from './sample.js';

const word = fc.stringMatching(/^[a-z][a-z0-9-]{0,10}[a-z0-9]$/);
const flags = fc.array(fc.record({ name: word, value: fc.string() }), { maxLength: 3 });
const duration = fc.integer({ min: 1, max: 87_600 }).map((hours) => `${hours}h`);

/** What JSON can say: no -0, and no key `__proto__`, which is refused since objects cannot hold it safely. */
const json = fc
  .jsonValue()
  .map((value) => JSON.stringify(value))
  .filter((text) => !text.includes('__proto__'))
  .map((text) => JSON.parse(text) as unknown);

const host = fc.record({
  roles: fc.constantFrom(['control-plane'], ['control-plane', 'worker']),
  labels: fc.dictionary(word, word, { maxKeys: 3 }),
  taints: fc.array(
    fc.record({ key: word, value: word, effect: fc.constantFrom('NoSchedule', 'NoExecute') }),
    {
      maxLength: 2,
    },
  ),
  ssh: fc.record({ user: word, port: fc.integer({ min: 1, max: 65535 }) }, { requiredKeys: [] }),
});

const document = fc
  .record({
    name: word,
    clusterName: fc.string({ minLength: 1 }),
    certificateValidityPeriod: duration,
    hosts: fc.array(host, { minLength: 1, maxLength: 5 }),
    extraArgs: flags,
    config: fc.dictionary(word, json, { maxKeys: 3 }),
  })
  .map(({ name, clusterName, certificateValidityPeriod, hosts, extraArgs, config }) => ({
    apiVersion: 'podstrap.io/v1alpha1',
    kind: 'Cluster',
    metadata: { name },
    environment: [],
    spec: {
      kubernetesVersion: 'v1.36.3',
      clusterName,
      certificateValidityPeriod,
      hosts: hosts.map((each, index) => ({
        ...each,
        name: `host-${index}`,
        address: `192.0.2.${index + 1}`,
      })),
      etcd: { local: { extraArgs } },
      containerd: { config },
    },
  }));

test('what a sound document says is what is read from it, and reading that again changes nothing', () => {
  fc.assert(
    fc.property(document, (written) => {
      const first = inventoryOf(dump(written, { noRefs: true }));
      expect(first).toMatchObject(written);
      const {
        directory,
        file,
        placeOf,
        patches,
        addons,
        staticPods,
        files,
        secrets,
        sources,
        hidden,
        ...plain
      } = first;
      const { inventory, warnings } = read(dump(JSON.parse(JSON.stringify(plain)), { noRefs: true }));
      expect(warnings.filter(({ severity }) => severity === 'error')).toEqual([]);
      expect(inventory.spec).toEqual(first.spec);
    }),
    { numRuns: 60 },
  );
});
