import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { canonicalYaml } from '../../src/desired/canonical-yaml.js';
import type { Desired } from '../../src/desired/resource.js';
import type { Inventory } from '../../src/inventory/inventory.js';
import { InvalidInventory } from '../../src/inventory/reading/invalid-inventory.js';
import { readWord } from '../../src/kubernetes/yaml-schema.js';
import { reveal } from '../../src/secret.js';
import { desiredOf } from '../desired/desired-of.js';
import { goldenCases } from '../desired/golden-cases.js';
import { inventoryOf } from '../desired/inventory-of.js';
import { documentWith, filesOf, read } from '../inventory/sample.js';
import { ask, findOracle, type Question } from './oracle.js';
import { randomInventory } from './random-inventory.js';

const seed = Number(process.env.FAILURES_SEED ?? 20_261);
const cases = Number(process.env.FAILURES_CASES ?? 300);

// Goldens and random inventories of a release, where the lab has built what knows it: one in CI, all four in a campaign.
describe.each(['v1.34.4', 'v1.35.4', 'v1.36.3', 'v1.37.2'])('what Kubernetes %s itself says', (version) => {
  const oracle = findOracle(version);

  test.skipIf(oracle === undefined)('of every golden: nothing', () => {
    const inventories = goldenCases.map(({ spec, patches }) =>
      inventoryOf({ ...spec, kubernetesVersion: version }, patches),
    );
    expect(inventories.flatMap((inventory) => complaints(oracle!, [inventory]))).toEqual([]);
  });

  test.skipIf(oracle === undefined)(
    `of every random inventory that is accepted: nothing (FAILURES_SEED=${seed})`,
    () => {
      const inventories = fc
        .sample(randomInventory, { seed, numRuns: cases })
        .flatMap(({ spec, files }) => accepted({ ...spec, kubernetesVersion: version }, files));
      console.log(`${version}: ${inventories.length} of ${cases} random inventories are accepted`);
      expect(inventories.length).toBeGreaterThan(cases / 20);
      expect(complaints(oracle!, inventories)).toEqual([]);
    },
    Math.max(180_000, cases * 1000),
  );

  test.skipIf(oracle === undefined)(`of plain words: what podstrap reads (FAILURES_SEED=${seed})`, () => {
    const words = [...known, ...fc.sample(plainWord, { seed, numRuns: 3000 })].filter(
      (word) => !marks.test(word),
    );
    const answers = ask(
      oracle!,
      words.map((text) => ({ kind: 'YAML', text })),
    );
    const different = words.filter((text, index) => !same(readWord(text), answers[index]));
    expect(different).toEqual([]);
  });
});

const known =
  'yes Yes y N no off ON true 0110 0o17 0x1F 0b11 1_000 08 1e3 .5 +1 -0 ~ null 12:30:45 2001-01-01 1.'.split(
    ' ',
  );
/** What begins or ends a document is no word. */
const marks = /^(---|\.\.\.)/;
const plainWord = fc.oneof(
  fc.stringMatching(/^[-+]?[0-9_.xoabef]{1,8}$/),
  fc.stringMatching(/^[a-zA-Z0-9.~+-]{1,6}$/),
);

/** JSON has no numbers but finite ones. */
const same = (one: unknown, other: unknown): boolean =>
  JSON.stringify(one) === JSON.stringify(other) || (typeof one === 'number' && !Number.isFinite(one));

function accepted(
  spec: Record<string, unknown>,
  files: Readonly<Record<string, string>>,
): readonly Inventory[] {
  try {
    return [read(documentWith(spec), { files: filesOf(files) }).inventory];
  } catch (error) {
    if (error instanceof InvalidInventory) return [];
    throw error;
  }
}

/** What Kubernetes says of all that is composed of inventories, each with what it is about. */
function complaints(oracle: string, inventories: readonly Inventory[]): readonly string[] {
  const questions = inventories.flatMap((inventory) => composed(desiredOf(inventory)));
  const answers = ask(oracle, questions) as readonly (readonly string[])[];
  const first = answers.findIndex((told) => told.length > 0);
  if (first >= 0) console.log(questions[first]!.text);
  return [...new Set(answers.flat())];
}

const composed = ({ hosts, objects }: Desired): readonly Question[] => [
  ...hosts.flatMap(({ host, resources }) =>
    resources.flatMap((resource): readonly Question[] => {
      if (resource.kind === 'static-pod') return [{ kind: 'Pod', node: host, text: resource.content }];
      if (resource.kind !== 'file' || resource.path !== '/var/lib/kubelet/config.yaml') return [];
      const { content } = resource;
      const text = typeof content === 'string' ? content : reveal(content);
      return [{ kind: 'KubeletConfiguration', text }];
    }),
  ),
  ...objects.flatMap((object): readonly Question[] =>
    object.kind === 'Node' ? [{ kind: 'Node', text: canonicalYaml(object) }] : [],
  ),
];
