import { expect, test } from 'vitest';
import { takenOut, withoutSecretValues, withSecretValues } from '../../src/inventory/secret-values.js';

const variables = ['REGISTRY_PASSWORD', 'PROXY_PASSWORD'];
const without = (document: unknown) => withoutSecretValues(document, variables);

/** One secret in each, at a place where people write one. */
const holding = (secret: string): Readonly<Record<string, unknown>> => ({
  'the password of a registry': {
    spec: { artifacts: { registries: { 'r.example': { password: secret } } } },
  },
  'a proxy': { spec: { proxy: { httpsProxy: `http://me:${secret}@proxy.example:3128` } } },
  'a mirror': {
    spec: { artifacts: { mirrors: { 'https://dl.k8s.io': `https://:${secret}@mirror.example` } } },
  },
  'a variable of a component': { spec: { apiServer: { extraEnvs: [{ name: 'ANY', value: secret }] } } },
  'a flag that is a token': { spec: { apiServer: { extraArgs: [{ name: 'some-token', value: secret }] } } },
  'a unit': { spec: { kubelet: { unit: { Service: { Environment: `X=${secret}` } } } } },
  'a command line in a unit': {
    spec: { containerd: { unit: { Service: { ExecStartPre: `/bin/x --password=${secret}` } } } },
  },
  'containerd’s registry': {
    spec: { containerd: { config: { registry: { auth: { username: 'me', password: secret } } } } },
  },
  'containerd’s auth word': {
    spec: { containerd: { config: { configs: { 'r.example': { auth: secret } } } } },
  },
  'a header': { spec: { containerd: { config: { header: { Authorization: [`Basic ${secret}`] } } } } },
  'a line of the Corefile': { spec: { dns: { corefile: `etcd {\n  credentials me ${secret}\n}` } } },
  'a variable in a patch': {
    spec: { containers: [{ name: 'etcd', env: [{ name: 'ANY', value: secret }] }] },
  },
  'a variable in a JSON patch': [
    { op: 'add', path: '/spec/containers/0/env/-', value: { name: 'ANY', value: secret } },
  ],
  'a value in a JSON patch': [{ op: 'replace', path: '/spec/containers/0/env/0/value', value: secret }],
  'an argument in a patch': { spec: { containers: [{ args: [`--token=${secret}`] }] } },
  'a key': { data: `-----BEGIN EC PRIVATE KEY-----\n${secret}\n-----END EC PRIVATE KEY-----` },
});

test.each(Object.entries(holding('geheim')))('%s does not stay', (_where, document) => {
  expect(JSON.stringify(without(document))).not.toContain('geheim');
});

test.each(Object.entries(holding('geheim')))(
  '%s comes back from an inventory that has it',
  (_where, document) => {
    const { document: whole, taken, missing } = withSecretValues(without(document), document, variables);
    expect(whole).toEqual(document);
    expect(missing).toEqual([]);
    expect(taken).toHaveLength(1);
  },
);

test.each(Object.entries(holding('geheim')))(
  '%s does not come from one that says something else',
  (_where, document) => {
    const { taken, missing } = withSecretValues(without(document), { spec: { other: 'geheim' } }, variables);
    expect(taken).toEqual([]);
    expect(missing).toHaveLength(1);
  },
);

test('what is no secret stays as it is', () => {
  const document = {
    environment: variables,
    spec: {
      kubernetesVersion: 'v1.36.3',
      proxy: { httpProxy: 'http://proxy.example:3128', noProxy: 'example.com' },
      apiServer: {
        extraArgs: [
          { name: 'authorization-mode', value: 'Node,RBAC' },
          { name: 'token-auth-file', value: '/etc/kubernetes/auth/tokens.csv' },
          { name: 'service-account-issuer', value: 'https://issuer.example' },
          { name: 'anonymous-auth', value: 'false' },
        ],
        extraFiles: [{ source: 'enc.yaml', path: '/etc/kubernetes/enc/enc.yaml', secret: true }],
      },
      artifacts: { registries: { 'r.example': { username: 'me', password: `\${REGISTRY_PASSWORD}` } } },
      containers: [{ volumes: [{ secret: { secretName: 'x' } }], automountServiceAccountToken: false }],
      kubelet: { config: { maxPods: 77, authentication: { anonymous: { enabled: false } } } },
    },
  };
  expect(without(document)).toEqual(document);
});

test('a variable that the inventory does not list is a text like any other', () => {
  const password = (text: string) => ({ registries: { r: { password: text } } });
  expect(without(password(`\${REGISTRY_PASSWORD}`))).toEqual(password(`\${REGISTRY_PASSWORD}`));
  expect(without(password(`\${OTHER}`))).toEqual(password(takenOut));
  expect(without(password(`\${REGISTRY_PASSWORD}x`))).toEqual(password(takenOut));
});

test('who one is in a URL goes, and where it leads stays', () => {
  expect(without({ url: 'http://me:geheim@proxy.example:3128/x' })).toEqual({
    url: `http://${takenOut}@proxy.example:3128/x`,
  });
});

test('a secret comes back by the name of what holds it, whatever its place in a list', () => {
  const envs = (...pairs: readonly (readonly [string, string])[]) => ({
    extraEnvs: pairs.map(([name, value]) => ({ name, value })),
  });
  const then = without(envs(['A', 'one'], ['B', 'two']));
  expect(withSecretValues(then, envs(['B', 'zwei'], ['A', 'eins']), []).document).toEqual(
    envs(['A', 'eins'], ['B', 'zwei']),
  );
});
