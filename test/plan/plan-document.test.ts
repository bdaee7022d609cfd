import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { describe, expect, test } from 'vitest';
import { sorted } from '../../src/desired/canonical-yaml.js';
import { Failure } from '../../src/failure.js';
import { inventoryDigests } from '../../src/plan/documents/inventory-digests.js';
import {
  planDocument,
  planJsonSchema,
  planSchema,
  sealOfDocument,
} from '../../src/plan/documents/plan-document.js';
import { provenPlan, readPlan, refuseOther } from '../../src/plan/documents/read-plan.js';
import { veiled } from '../../src/plan/documents/veiled.js';
import { estimateOf } from '../../src/plan/estimate.js';
import { differences, surprises, type Wishes } from '../../src/plan/moved.js';
import type { Plan, Step } from '../../src/plan/step.js';
import { wavesOf } from '../../src/plan/waves/waves-of.js';
import { Secret } from '../../src/secret.js';
import { digestOf } from '../../src/secrets/digest.js';
import { desiredOf } from '../desired/desired-of.js';
import { fakeKeys } from '../desired/fake-keys.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';

const given = { kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1), controlPlane(2)] };
const inventory = inventoryOf(given);
const keys = fakeKeys(inventory.spec.hosts);
const step: Step = {
  host: 'cp-1',
  phase: 'node',
  action: { do: 'write-file', path: '/etc/config', mode: 0o644, sha256: 'a'.repeat(64), secret: false },
  reason: 'its content differs',
  replaces: 'b'.repeat(64),
  diff: '-old\n+new\n',
};
const plan: Plan = {
  steps: [step],
  waves: wavesOf({
    steps: [step],
    desired: { ...desiredOf(inventory), manifests: [] },
    inventory,
    situation: { kind: 'new' },
    uncompared: false,
  }),
  strangers: [{ host: 'cp-2', path: '/x', said: 'not from podstrap' }],
};
const identity = {
  podstrap: '0.1.0',
  cluster: { name: 'prod', id: keys.clusterId },
  made: '2026-11-24T12:00:00.000Z',
  inventory: inventoryDigests(inventory, keys),
  prune: false,
};
const document = planDocument(plan, estimateOf(plan, inventory), identity, keys.planKey);
const text = JSON.stringify(document, null, 2);

/** The kind of the failure, and what it says. */
function failureOf(work: () => unknown): { kind: string; said: string | undefined } {
  try {
    work();
  } catch (error) {
    if (error instanceof Failure) return { kind: error.kind, said: error.said };
    throw error;
  }
  throw new Error('nothing was thrown');
}

const proven = (content: string, version = '0.1.0', key = keys.planKey) =>
  provenPlan(readPlan(content, 'plan.json', version), identity, key);

test('a plan that is written is read again as it was', () => {
  expect(proven(text)).toEqual(document);
  expect(differences(document, plan)).toEqual([]);
});

test('no digest of a secret is in it that anybody could make, and it says as well what has moved', () => {
  const [pin, other] = ['1234', '4321'].map(digestOf) as [string, string];
  const secretly = (sha256: string, replaces: string): Plan => {
    const action = { ...step.action, sha256, secret: true } as Step['action'];
    return { ...plan, steps: [{ ...step, action, replaces }], waves: [] };
  };
  const before = secretly(pin, other);
  const made = planDocument(before, estimateOf(plan, inventory), identity, keys.planKey);
  expect(JSON.stringify(made)).not.toMatch(new RegExp(`${pin}|${other}`));
  const moved = (now: Plan) => differences(made, { ...now, steps: veiled(now.steps, keys.planKey) });
  expect(moved(before)).toEqual([]);
  expect(moved(secretly(other, other))).toHaveLength(2);
  expect(moved(secretly(pin, pin))).toHaveLength(1);
});

test('its schema and its check are one', () => {
  const schema = planJsonSchema() as { properties: object; required: string[] };
  expect(Object.keys(schema.properties).sort()).toEqual([...Object.keys(document), 'uncompared'].sort());
  expect([...schema.required].sort()).toEqual(Object.keys(document).sort());
  expect(planSchema.safeParse(document).success).toBe(true);
});

test('every field of it is described', () => {
  const docs = readFileSync(resolve(import.meta.dirname, '../../docs/plan-format.md'), 'utf8');
  const fields = [...Object.keys(document), ...Object.keys(step), ...Object.keys(document.rollOut.waves[0]!)];
  expect(
    fields.filter((field) => !docs.includes(`\`${field}\``) && !docs.includes(`\`${field}[]\``)),
  ).toEqual([]);
});

describe('a file that is not a plan of ours, whole, is of no use', () => {
  const edited = { ...document, steps: [] };
  const sealed = (changed: object, key = keys.planKey) =>
    JSON.stringify({ ...changed, seal: sealOfDocument(changed, key) });
  const { seal: _seal, ...unsealed } = document;
  const cases: readonly (readonly [string, string, string, RegExp])[] = [
    ['empty', '', 'usage', /incomplete/],
    ['truncated', text.slice(0, text.length / 2), 'usage', /incomplete/],
    ['no plan', '{"kind":"Status"}', 'usage', /not a plan/],
    ['a list', '[]', 'usage', /not a plan/],
    ['a number', '1', 'usage', /not a plan/],
    ['edited by hand', JSON.stringify(edited), 'usage', /changed after podstrap wrote it/],
    ['sealed with another keystore', sealed(edited, new Secret('6'.repeat(64))), 'usage', /another keystore/],
    ['whose seal is cut short', JSON.stringify({ ...document, seal: 'ab' }), 'usage', /seal does not fit/],
    [
      'that an earlier podstrap wrote, with a digest that anybody can make',
      JSON.stringify({ ...unsealed, sha256: digestOf(JSON.stringify(sorted(unsealed))) }),
      'usage',
      /not sealed: an earlier podstrap wrote it/,
    ],
    [
      'of another format',
      sealed({ ...document, format: 1 }),
      'usage',
      /another build of podstrap wrote it, in another format: it has to be planned again/,
    ],
    [
      'of a time before formats had versions',
      sealed({ ...document, format: undefined }),
      'usage',
      /it has to be planned again/,
    ],
    [
      'of another cluster',
      sealed({ ...document, cluster: { name: 'prod', id: 'f'.repeat(32) } }),
      'refused',
      /another cluster: prod \(f+\)/,
    ],
    ['of another podstrap', text, 'refused', /podstrap 0\.1\.0 made it, and this is podstrap 0\.2\.0/],
    ['signed and senseless', sealed({ ...edited, steps: [1] }), 'usage', /plan\.schema\.json says: steps\.0/],
  ];
  test.each(cases)('%s', (name, content, kind, said) => {
    const failure = failureOf(() => proven(content, name === 'of another podstrap' ? '0.2.0' : '0.1.0'));
    expect(failure).toMatchObject({ kind, said: expect.stringMatching(said) });
  });
});

describe('a plan of', () => {
  test('the same inventory is taken', () => {
    expect(refuseOther('p', identity, { inventory: identity.inventory })).toBeUndefined();
  });

  test('another inventory is refused, and the parts that changed are named', () => {
    const changed = inventoryOf({
      ...given,
      hosts: [controlPlane(1), { ...controlPlane(2), address: '10.0.0.99' }],
      apiServer: { extraArgs: [{ name: 'v', value: '4' }] },
    });
    const failure = failureOf(() =>
      refuseOther('p', identity, { inventory: inventoryDigests(changed, keys) }),
    );
    expect(failure.said).toBe(
      'the inventory has changed since the plan was made: spec.apiServer, spec.hosts cp-2',
    );
  });
});

test('no digest of an inventory can be made without the keystore, so that nothing in it can be guessed', () => {
  const others = inventoryDigests(inventory, { ...keys, planKey: new Secret('6'.repeat(64)) });
  for (const [part, digest] of Object.entries(identity.inventory)) expect(others[part]).not.toBe(digest);
});

test('the password of a registry may be another one at each run', () => {
  const withPassword = (password: string) =>
    inventoryDigests(
      inventoryOf({ ...given, artifacts: { registries: { 'r.example': { username: 'u', password } } } }),
      keys,
    );
  expect(withPassword('one')).toEqual(withPassword('two'));
});

describe('what moved', () => {
  const other: Step = { ...step, host: 'cp-2' };
  test.each<readonly [string, readonly Step[], readonly string[]]>([
    ['nothing', [step], []],
    ['the words of a reason are no difference', [{ ...step, reason: 'it expires on 2026-12-01' }], []],
    ['one more', [step, other], ['cp-2: it would now also write /etc/config (its content differs)']],
    ['one less', [], ['cp-1: it would no longer write /etc/config']],
    [
      'another file in its place',
      [{ ...step, replaces: 'c'.repeat(64) }],
      ['cp-1: what is there has changed since: write /etc/config'],
    ],
  ])('%s', (_name, steps, said) => {
    expect(differences(document, { steps })).toEqual(said);
  });

  test('for who only read a plan, less is no matter', () => {
    expect(surprises(plan, { steps: [] })).toEqual([]);
    expect(surprises(plan, { steps: [step, other] })).toHaveLength(1);
  });
});

test('what could not be compared is no surprise later; what no longer can be is no longer true', () => {
  const object: Step = {
    host: '',
    phase: 'cluster',
    action: { do: 'apply-object', object: 'Node cp-1', create: true },
    reason: 'it is not there',
  };
  const other: Step = { ...object, action: { do: 'apply-object', object: 'Node cp-2', create: true } };
  const blind: Plan = { ...plan, uncompared: ['Node cp-1'] };
  const seen: Plan = { ...plan, steps: [step, object] };
  expect(differences(blind, seen)).toEqual([]);
  expect(surprises(blind, { ...plan, steps: [step, other] })).toHaveLength(1);
  expect(differences(seen, blind)).toEqual([
    'cluster: no API server can tell any longer whether to create Node cp-1',
  ]);
});

test('a step that became needless is no surprise, one that meets something else is', () => {
  const replacing = { ...step, replaces: 'one' };
  const other = { ...step, replaces: 'two' };
  expect(surprises({ steps: [replacing] }, { steps: [] })).toEqual([]);
  expect(surprises({ steps: [replacing] }, { steps: [other] })).toEqual([
    expect.stringContaining('what is there has changed since'),
  ]);
});

describe('a pod whose switch comes to its end on the host, while its operator is gone', () => {
  const old = 'a'.repeat(64);
  const wanted = {
    pod: 'kube-scheduler',
    path: '/m/kube-scheduler.yaml',
    mode: 0o600,
    sha256: 'b'.repeat(64),
  };
  const pod = (doing: 'put-manifest' | 'switch-manifest', replaces?: string, revision = 'two'): Wishes => ({
    steps: [
      {
        host: 'cp-1',
        phase: 'control-plane',
        action: { do: doing, ...wanted, revision },
        reason: 'its content differs',
        ...(replaces === undefined ? {} : { replaces }),
      },
    ],
  });
  const before = pod('switch-manifest', old);
  const away = pod('put-manifest');
  const there = pod('switch-manifest', wanted.sha256);

  test.each([
    ['goes', before, away],
    ['comes', away, there],
    ['goes and comes', before, there],
  ])('is no surprise where its manifest %s', (_name, first, second) => {
    expect(surprises(first, second)).toEqual([]);
    expect(differences(first, second)).toEqual([]);
  });

  test('is one where another manifest came, or another revision is wanted', () => {
    expect(surprises(away, pod('switch-manifest', old))).toEqual([
      'cp-1: what is there has changed since: add static pod kube-scheduler',
    ]);
    expect(surprises(away, pod('switch-manifest', wanted.sha256, 'three'))).toEqual([
      'cp-1: it would now also switch static pod kube-scheduler (its content differs)',
    ]);
  });
});
