import { describe, expect, it, test } from 'vitest';
import { effectOfExtraFile } from '../../src/desired/pods/inputs.js';
import { Secret } from '../../src/secret.js';
import { desiredOf, hostOf, podOf, resourceAt } from './desired-of.js';
import { controlPlane, inventoryOf, worker } from './inventory-of.js';

const path = '/etc/kubernetes/audit/policy.yaml';
const flag = { name: 'audit-policy-file', value: path };
const hosts = [controlPlane(1), worker(1)];

/** Desired state with one file of the API server's. */
function withFile(text: string, more: Record<string, unknown> = {}, apiServer: Record<string, unknown> = {}) {
  const inventory = inventoryOf({
    kubernetesVersion: 'v1.36.3',
    hosts,
    apiServer: { extraArgs: [flag], extraFiles: [{ source: 'policy.yaml', path, ...more }], ...apiServer },
  });
  return desiredOf({ ...inventory, files: new Map([['policy.yaml', new Secret(text)]]) });
}
const contentOf = (state: ReturnType<typeof withFile>) => {
  const resource = resourceAt(state, 'cp-1', path);
  return resource?.kind === 'file' ? resource.content : undefined;
};

describe('a file of the user’s', () => {
  it('lands on control planes before the manifest that names it, in a folder that is shown to the pod', () => {
    const state = withFile('kind: Policy\n');
    const paths = hostOf(state, 'cp-1').resources.flatMap((one) => ('path' in one ? [one.path] : []));
    const at = (wanted: string) => paths.indexOf(wanted);
    expect(at('/etc/kubernetes/audit')).toBeGreaterThanOrEqual(0);
    expect(at(path)).toBeGreaterThan(at('/etc/kubernetes/audit'));
    expect(at('/etc/kubernetes/manifests/kube-apiserver.yaml')).toBeGreaterThan(at(path));
    expect(resourceAt(state, 'cp-1', path)).toMatchObject({ mode: 0o600, content: 'kind: Policy\n' });
    expect(resourceAt(state, 'w-1', path)).toBeUndefined();
    const { content } = podOf(state, 'cp-1', 'kube-apiserver');
    expect(content).toContain('mountPath: /etc/kubernetes/audit\n');
    expect(content).toContain('path: /etc/kubernetes/audit\n');
    expect(podOf(state, 'cp-1', 'kube-scheduler').content).not.toContain('audit');
  });

  it('stays away from what the user mounts there', () => {
    const volume = { name: 'mine', hostPath: '/etc/kubernetes/audit', mountPath: '/etc/kubernetes/audit' };
    const { content } = podOf(withFile('a', {}, { extraVolumes: [volume] }), 'cp-1', 'kube-apiserver');
    expect(content.match(/mountPath: \/etc\/kubernetes\/audit\n/g)).toHaveLength(1);
  });

  it.each([
    ['a policy', 'kind: Policy\n', false],
    ['an encryption configuration', 'apiVersion: v1\nkind: EncryptionConfiguration\n', true],
    ['a kubeconfig with a token', 'users:\n- user:\n    token: abc\n', true],
    ['a private key', '-----BEGIN RSA PRIVATE KEY-----\n', true],
  ])('%s: whether it holds a key is seen', (_title, text, secret) => {
    expect(contentOf(withFile(text)) instanceof Secret).toBe(secret);
    expect(contentOf(withFile(text, { secret: !secret })) instanceof Secret).toBe(!secret);
  });

  it('counts into the revision of who reads it at the start, and of nobody else', () => {
    const revision = (text: string, component: string, apiServer = {}) =>
      podOf(withFile(text, {}, apiServer), 'cp-1', component).revision;
    expect(revision('a', 'kube-apiserver')).not.toBe(revision('b', 'kube-apiserver'));
    expect(revision('a', 'kube-scheduler')).toBe(revision('b', 'kube-scheduler'));
    const watched = { extraArgs: [{ name: 'oidc-ca-file', value: path }] };
    expect(revision('a', 'kube-apiserver', watched)).toBe(revision('b', 'kube-apiserver', watched));
    const alone = { ...watched, extraVolumes: [{ name: 'one', hostPath: path, mountPath: path }] };
    expect(revision('a', 'kube-apiserver', alone)).not.toBe(revision('b', 'kube-apiserver', alone));
  });
});

const reload = [{ name: 'encryption-provider-config-automatic-reload', value: 'true' }];
const named = (name: string) => ({ name, value: path });
test.each([
  ['an audit policy', [named('audit-policy-file')], 'restart'],
  ['admission control', [named('admission-control-config-file')], 'restart'],
  ['authorization, though it is watched', [named('authorization-config')], 'restart'],
  ['encryption', [named('encryption-provider-config')], 'restart'],
  ['encryption that is reloaded', [named('encryption-provider-config'), ...reload], 'reload'],
  ['an authority of OIDC', [named('oidc-ca-file')], 'reload'],
  ['a file of two flags', [named('oidc-ca-file'), named('audit-policy-file')], 'restart'],
  ['a file that another file names', [], 'restart'],
] as const)('%s: %s', (_title, flags, effect) => {
  expect(effectOfExtraFile('kube-apiserver', flags, path)).toBe(effect);
});
