import { describe, expect, it, test } from 'vitest';
import { Failure } from '../../src/failure.js';
import { refuseSkippedStep } from '../../src/plan/succession/refuse-skipped-step.js';
import { outOfOrder, type Succession, type Trust } from '../../src/plan/succession/succession.js';
import {
  encryptedResources,
  encryptionTrust,
  issuerTrust,
  readEncryption,
} from '../../src/plan/succession/trusts.js';

/** `a b c`: a is used, all three are accepted. */
const trust = (text: string): Trust => {
  const accepts = text.split(' ').map((id) => ({ id, label: id }));
  return { uses: accepts.slice(0, 1), accepts };
};
/** `old > new` of each host. */
const succession = (...hosts: readonly string[]): Succession => ({
  kind: 'issuer',
  hosts: new Map(
    hosts.map((text, index) => {
      const [before, after] = text.split(' > ') as [string, string];
      return [`cp-${index + 1}`, { before: trust(before), after: trust(after) }];
    }),
  ),
});

const cases: readonly [title: string, hosts: readonly string[], verdict: readonly string[]][] = [
  ['nothing changes', ['a > a', 'a > a'], []],
  ['the new one is added behind the old one', ['a > a b', 'a > a b'], []],
  ['it moves to the front once all accept it', ['a b > b a', 'a b > b a'], []],
  ['the old one goes once nobody uses it', ['b a > b', 'b a > b'], []],
  ['a roll that was interrupted goes on', ['b a > b a', 'a b > b a', 'a b > b a'], []],
  ['used at once', ['a > b a', 'a > b a'], ['early b cp-2,cp-1']],
  ['used while one host has not heard of it', ['a b > b a', 'a > b a'], ['early b cp-2']],
  ['on a lone control plane there is nobody else', ['a > b a'], []],
  ['replaced', ['a > b', 'a > b'], ['early b cp-2,cp-1', 'retired a cp-1,cp-2']],
  ['replaced on a lone control plane', ['a > b'], ['retired a cp-1']],
  ['taken away while one host still uses it', ['b a > b', 'a b > b'], ['retired a cp-1,cp-2']],
];
test.each(cases)('%s', (_title, hosts, verdict) => {
  const said = outOfOrder(succession(...hosts)).map(
    ({ problem, labels, hosts: where }) => `${problem} ${labels.join()} ${where.join()}`,
  );
  expect(said).toEqual(verdict);
});

const config = (...providers: readonly object[]) =>
  JSON.stringify({ kind: 'EncryptionConfiguration', resources: [{ resources: ['secrets'], providers }] });
const key = (name: string, secret = name) => ({ name, secret });
const aes = (...keys: readonly object[]) => ({ aescbc: { keys } });
const identity = { identity: {} };

const encryption: readonly [
  title: string,
  before: string | undefined,
  after: string | undefined,
  problems: string[],
][] = [
  ['encrypting for the first time', undefined, config(aes(key('one')), identity), ['early']],
  ['its first step', undefined, config(identity, aes(key('one'))), []],
  ['its second step', config(identity, aes(key('one'))), config(aes(key('one')), identity), []],
  ['a new key behind the old one', config(aes(key('one'))), config(aes(key('one'), key('two'))), []],
  ['the keys turned round', config(aes(key('one'), key('two'))), config(aes(key('two'), key('one'))), []],
  ['a new key in front', config(aes(key('one'))), config(aes(key('two'), key('one'))), ['early']],
  [
    'a key of the same name with another secret',
    config(aes(key('one'))),
    config(aes(key('one', 'x'))),
    ['early', 'retired'],
  ],
  ['encryption given up', config(aes(key('one')), identity), undefined, ['retired']],
  ['encryption on its way out', config(aes(key('one')), identity), config(identity, aes(key('one'))), []],
];
describe('encryption', () => {
  test.each(encryption)('%s', (_title, before, after, problems) => {
    const resources = encryptedResources(before, after);
    const change = { before: encryptionTrust(before, resources), after: encryptionTrust(after, resources) };
    const hosts = new Map(['cp-1', 'cp-2'].map((host) => [host, change]));
    expect(outOfOrder({ kind: 'encryption', hosts }).map(({ problem }) => problem)).toEqual(problems);
  });

  it('goes by the first entry that covers a resource', () => {
    const text = JSON.stringify({
      resources: [
        { resources: ['*.apps'], providers: [aes(key('apps'))] },
        { resources: ['*.*'], providers: [aes(key('all'))] },
      ],
    });
    const labels = (resource: string) => encryptionTrust(text, [resource]).uses.map(({ label }) => label);
    expect(labels('deployments.apps')).toEqual(['key apps (aescbc) of deployments.apps']);
    expect(labels('secrets')).toEqual(['key all (aescbc) of secrets']);
  });

  it('tells no secret', () => {
    const resources = ['secrets'];
    const before = encryptionTrust(config(aes(key('one', 'c2VjcmV0'))), resources);
    expect(JSON.stringify(before)).not.toContain('c2VjcmV0');
  });
});

test('the first issuer in a manifest signs, and all are accepted', () => {
  const flags = ['--service-account-issuer=https://new', '--v=2', '--service-account-issuer=https://old'];
  const manifest = JSON.stringify({ spec: { containers: [{ command: ['kube-apiserver', ...flags] }] } });
  const { uses, accepts } = issuerTrust(manifest);
  expect(uses.map(({ id }) => id)).toEqual(['https://new']);
  expect(accepts.map(({ id }) => id)).toEqual(['https://new', 'https://old']);
});

describe('the refusal', () => {
  const refusal = (seen: Succession, unseen: readonly string[] = []): Failure => {
    try {
      refuseSkippedStep([seen], unseen);
    } catch (error) {
      if (error instanceof Failure) return error;
      throw error;
    }
    throw new Error('not refused');
  };

  it('names the hosts, and the two steps', () => {
    expect(refusal(succession('a > b a', 'a b > b a'))).toMatchObject({
      kind: 'refused',
      where: { host: 'cp-1' },
      said: 'b would sign tokens while other API servers do not accept it',
      next: expect.stringMatching(/^First .* podstrap up\. Then .* podstrap up\. Nothing was changed\.$/),
    });
  });

  it('waits for control planes that nobody can ask, but only when it matters', () => {
    expect(refusal(succession('a b > b a', 'a b > b a'), ['cp-3'])).toMatchObject({
      where: { host: 'cp-3' },
    });
    expect(() => refuseSkippedStep([succession('a > a b')], ['cp-3'])).not.toThrow();
  });
});

test.each([
  '{{{',
  '7',
  'resources: 7',
  'resources: [7]',
  'resources: [{resources: secrets}]',
  'resources: [{resources: [secrets], providers: [aescbc]}]',
  'resources: [{resources: [secrets], providers: [{aescbc: {keys: [{name: a}]}}]}]',
  'resources: &a [*a]',
])('what is no encryption configuration, %j, makes its host unsound', (text) => {
  expect(() => readEncryption(text)).toThrow(Failure);
});
