import { expect, test } from 'vitest';
import { paths } from '../../src/host/paths.js';
import { Secret } from '../../src/secret.js';
import { maskSecrets } from '../../src/secrets/mask-secrets.js';
import { desiredOf, hostOf, madeEarlier, resourceAt } from './desired-of.js';
import { controlPlane, inventoryOf, type SpecText, worker } from './inventory-of.js';

const secret = 'canary';
const given: SpecText = { kubernetesVersion: 'v1.36.3', hosts: [controlPlane(1), worker(1)] };
const pluginless = {
  registry: { configs: { 'r.example.com': { auth: { username: 'ann', password: secret } } } },
};

/** What of an inventory may be a secret, and the file of a host that it goes to. */
const rows: readonly (readonly [what: string, spec: Partial<SpecText>, path: string])[] = [
  [
    'a password in containerd.config',
    { containerd: { config: { plugins: { 'io.containerd.cri.v1.images': pluginless } } } },
    '/etc/containerd/config.toml',
  ],
  [
    'a token in a unit of containerd',
    { containerd: { unit: { Service: { Environment: `"TOKEN=${secret}"` } } } },
    paths.containerdVariables,
  ],
  [
    'a token in the unit of the kubelet',
    { kubelet: { unit: { Service: { Environment: `T=${secret}` } } } },
    paths.kubeletUnit,
  ],
  [
    'a password of a proxy',
    { proxy: { httpProxy: `http://ann:${secret}@proxy:3128` } },
    paths.kubeletVariables,
  ],
  [
    'a header of the kubelet',
    { kubelet: { config: { staticPodURLHeader: { Authorization: [`Bearer ${secret}`] } } } },
    paths.kubeletConfig,
  ],
  [
    'a token in a variable of the API server',
    { apiServer: { extraEnvs: [{ name: 'WEBHOOK', value: secret }] } },
    `${paths.manifests}/kube-apiserver.yaml`,
  ],
  [
    'a token in a flag of the API server',
    { apiServer: { extraArgs: [{ name: 'oidc-client-secret', value: secret }] } },
    `${paths.manifests}/kube-apiserver.yaml`,
  ],
];

test.each(rows)(
  '%s is on hosts where it is needed, for root alone, and nowhere in the API',
  (_what, spec, path) => {
    const state = desiredOf(inventoryOf({ ...given, ...spec }));
    for (const resource of state.hosts.flatMap(({ resources }) => resources)) {
      if (
        !('content' in resource) ||
        resource.content instanceof Secret ||
        !resource.content.includes(secret)
      )
        continue;
      expect(resource.mode.toString(8), resource.path).toBe('600');
      expect(maskSecrets(resource.content), resource.path).not.toContain(secret);
    }
    const [at] = [resourceAt(state, 'cp-1', path)];
    expect(at).toMatchObject({ content: expect.stringContaining(secret) });
    expect(JSON.stringify([state.objects, state.systemObjects, state.withdrawn])).not.toContain(secret);
  },
);

test('without secrets configurations are for everybody, as ever', () => {
  const inventory = inventoryOf(given);
  const modes = hostOf(desiredOf(inventory, { settled: madeEarlier(inventory) }), 'cp-1').resources.flatMap(
    (one) => (one.kind === 'file' && /\.(toml|service|yaml)$/.test(one.path) ? [[one.path, one.mode]] : []),
  );
  expect(modes.length).toBeGreaterThan(3);
  expect(modes.filter(([, mode]) => mode !== 0o644)).toEqual([]);
});
