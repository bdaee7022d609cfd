import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { nearest } from '../../src/inventory/did-you-mean.js';
import { childSchema, type JsonSchema, jsonSchema } from '../../src/inventory/json-schema.js';
import type { Path } from '../../src/inventory/path.js';
import { problemsOf } from './sample.js';

/** Nearly every field once, each on a line of its own. */
const full = `apiVersion: podstrap.io/v1alpha1
kind: Cluster
metadata:
  name: prod
environment:
  - SOMETHING
spec:
  kubernetesVersion: v1.36.3
  clusterName: prod
  controlPlaneEndpoint: api.example.com:6443
  networking:
    podSubnet: 172.20.0.0/16
    serviceSubnet: 172.21.0.0/16
    dnsDomain: cluster.example
  imageRepository: registry.example.com/k8s
  certificateValidityPeriod: 100h
  caCertificateValidityPeriod: 1000h
  encryptionAlgorithm: RSA-4096
  certificateAuthorities:
    ca:
      certificate: ca.crt
      key: ca.key
  ssh:
    user: root
    port: 22
    identityFile: key
    identitiesOnly: true
    proxyJump: none
    become: none
    configFile: none
    knownHostsFile: known_hosts
    connectTimeout: 10s
  hosts:
    - name: cp-1
      address: cp-1.example.com
      advertiseAddress: 10.96.0.11
      roles:
        - control-plane
      labels:
        disk: ssd
      taints:
        - key: a
          value: b
          effect: NoSchedule
      transport: ssh
      ssh:
        user: admin
      kubelet:
        config:
          maxPods: 100
  apiServer:
    certSANs:
      - api.example.com
    bindPort: 6443
    extraArgs:
      - name: v
        value: "2"
    extraEnvs:
      - name: A
        value: b
    extraVolumes:
      - name: a
        hostPath: /a
        mountPath: /b
        readOnly: true
        pathType: Directory
  controllerManager:
    extraArgs: []
  scheduler:
    extraArgs: []
  etcd:
    local:
      dataDir: /data
      serverCertSANs: []
      peerCertSANs: []
      imageRepository: registry.example.com/etcd
      imageTag: 3.6.8-0
  kubelet:
    config:
      maxPods: 100
    unit:
      Service:
        Nice: "1"
  containerd:
    config:
      version: 3
  proxy:
    httpProxy: http://proxy.example.com
    httpsProxy: http://proxy.example.com
    noProxy: localhost
  patches:
    directory: patches
  artifacts:
    mirrors:
      https://dl.k8s.io: https://mirror.example.com
    registries:
      r.example.com:
        mirror: https://mirror.example.com
        username: user
        password: secret
        caFile: ca.crt
        insecure: false
    cacheDirectory: cache
    versions:
      containerd: 2.3.7
      runc: 1.4.3
      cniPlugins: 1.9.1
  timeouts:
    controlPlaneComponentHealthCheck: 4m
    kubeletHealthCheck: 4m
    kubernetesAPICall: 1m
    etcdAPICall: 2m
`;

interface Field {
  readonly line: number;
  readonly column: number;
  readonly key: string;
  /** Names that the field may not be mistaken for: what else its mapping could have, and has not. */
  readonly free: readonly string[];
  readonly siblings: readonly string[];
}

/** The fields of the text that the schema knows, by reading its indentation. */
function knownFields(): readonly Field[] {
  const stack: { indent: number; path: Path }[] = [{ indent: -1, path: [] }];
  const found = full.split('\n').flatMap((text, index) => {
    const match = /^( *)(- )?([A-Za-z]+):/.exec(text);
    if (!match) return [];
    const [, spaces, dash, key] = match;
    const indent = spaces!.length + (dash?.length ?? 0);
    while (stack.at(-1)!.indent >= indent && !(dash && stack.at(-1)!.indent < spaces!.length)) stack.pop();
    const parent = dash ? [...stack.at(-1)!.path, 0] : stack.at(-1)!.path;
    if (dash) stack.push({ indent: indent - 1, path: parent });
    stack.push({ indent, path: [...parent, key!] });
    return [{ line: index + 1, column: indent + 1, key: key!, parent }];
  });
  return found.flatMap(({ line, column, key, parent }) => {
    const schema = parent.reduce<JsonSchema | undefined>(childSchema, jsonSchema());
    if (schema?.properties === undefined) return [];
    const siblings = found
      .filter((field) => String(field.parent) === String(parent))
      .map((field) => field.key);
    const names = Object.keys(schema.properties);
    return [{ line, column, key, siblings: names, free: names.filter((name) => !siblings.includes(name)) }];
  });
}

const fields = knownFields();

const letter = fc.constantFrom(...'abcdefghijklmnopqrstuvwxyz');
const edit = fc.oneof(
  fc.record({ at: fc.nat(40), letter }).map(({ at, letter }) => (word: string) => {
    const place = at % (word.length + 1);
    return word.slice(0, place) + letter + word.slice(place);
  }),
  fc.nat(40).map((at) => (word: string) => {
    const place = at % word.length;
    return word.slice(0, place) + word.slice(place + 1);
  }),
  fc.record({ at: fc.nat(40), letter }).map(({ at, letter }) => (word: string) => {
    const place = at % word.length;
    return word.slice(0, place) + letter + word.slice(place + 1);
  }),
  fc.nat(40).map((at) => (word: string) => {
    const place = at % Math.max(1, word.length - 1);
    return word.slice(0, place) + (word[place + 1] ?? '') + word[place] + word.slice(place + 2);
  }),
);

describe('a single typo in the name of a field', () => {
  test('the text without one is sound', () => {
    expect(problemsOf(full)).toEqual([]);
    expect(fields.length).toBeGreaterThan(85);
  });

  test('is one problem, on its line, with the name that was meant', () => {
    fc.assert(
      fc.property(fc.constantFrom(...fields), edit, ({ line, column, key, free, siblings }, change) => {
        const typo = change(key);
        // Not typos: what is no word, or another field's name, or as near to another field that is not yet there.
        fc.pre(
          /^[A-Za-z]+$/.test(typo) && !siblings.includes(typo) && nearest(typo, [...free, key]).length === 1,
        );
        const text = full
          .split('\n')
          .map((each, index) => (index + 1 === line ? each.replace(`${key}:`, `${typo}:`) : each))
          .join('\n');
        expect(problemsOf(text)).toMatchObject([
          { line, column, found: 'unknown field', hint: `did you mean "${key}"?`, severity: 'error' },
        ]);
      }),
    );
  });
});

test('what is nothing like any field is not guessed at', () => {
  expect(nearest('colour', ['name', 'address', 'roles'])).toEqual([]);
  expect(nearest('httpxProxy', ['httpProxy', 'httpsProxy'])).toEqual(['httpProxy', 'httpsProxy']);
});

test('a name that was not typed to its end is guessed where only one goes on so', () => {
  expect(nearest('kubernetes', ['kubernetesVersion', 'networking'])).toEqual(['kubernetesVersion']);
  expect(nearest('http', ['httpProxy', 'httpsProxy'])).toEqual([]);
});
