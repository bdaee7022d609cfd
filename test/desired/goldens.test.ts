import { readFileSync, writeFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { canonicalYaml } from '../../src/desired/canonical-yaml.js';
import type { Desired, Resource } from '../../src/desired/resource.js';
import { desiredOf, madeEarlier } from './desired-of.js';
import { goldenCases, goldenVersions } from './golden-cases.js';
import { inventoryOf } from './inventory-of.js';

const all = goldenCases.flatMap((each) => goldenVersions.map((version) => ({ ...each, version })));

test.each(all)('$name at $version is what the golden says', ({ name, spec, patches, isNew, version }) => {
  const inventory = inventoryOf({ ...spec, kubernetesVersion: version }, patches);
  const text = transcript(desiredOf(inventory, isNew ? {} : { settled: madeEarlier(inventory) }));
  const golden = new URL(`goldens/${name}.${version}.txt`, import.meta.url);
  if (process.env.UPDATE_GOLDENS === '1') writeFileSync(golden, text);
  expect(text).toBe(readFileSync(golden, 'utf8'));
});

const transcript = ({ hosts, objects }: Desired): string =>
  [
    ...hosts.flatMap(({ host, resources }) => resources.map((resource) => entry(host, resource))),
    ...objects.map((object) => `=== object\n${canonicalYaml(object)}`),
  ].join('');

function entry(host: string, resource: Resource): string {
  const name = 'path' in resource ? resource.path : 'name' in resource ? resource.name : resource.ref;
  const mode = 'mode' in resource ? ` ${resource.mode.toString(8).padStart(4, '0')}` : '';
  const key = resource.kind === 'certificate' && resource.key ? ` with ${resource.key.path}` : '';
  const text = 'content' in resource ? `${String(resource.content).trimEnd()}\n` : '';
  return `=== ${host} ${resource.phase} ${resource.kind} ${name}${mode}${key}\n${text}`;
}
