import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { PracticeCluster, PracticeClusterOptions } from '../../practice/practice-cluster.js';
import type { Scene } from './demo.js';

/** What every shop runs: `program` is what a new version breaks. */
const pod = `apiVersion: v1
kind: Pod
metadata: { name: web }
spec:
  hostNetwork: true
  containers:
    - name: web
      image: ghcr.io/shops/web:{{values.version}}
      command: ["{{values.program}}"]
      env:
        - { name: SHOP, value: "{{host.name}}" }
      readinessProbe:
        httpGet: { host: 127.0.0.1, port: 8080, path: / }
`;

const shops = 30;
const first = 'shop-1';
const versions = ['v1', 'v2'] as const;
const good = '/usr/bin/web';

/** Thirty shops with one web server each, and where its versions come from. */
export async function fleetOptions(
  directory: string,
  kubernetesVersion: string,
): Promise<PracticeClusterOptions> {
  await mkdir(join(directory, 'pods'), { recursive: true });
  await writeFile(join(directory, 'pods', 'web.yaml'), pod);
  const values = versions.map((version) => ({ version, program: good }));
  return {
    directory,
    controlPlanes: 0,
    standalone: shops,
    kubernetesVersion,
    alsoServe: values.slice(1).map((others) => ({ values: others })),
    spec: {
      encryptionAlgorithm: 'ECDSA-P256',
      values: values[0],
      staticPods: [{ name: 'web', manifest: 'pods/web.yaml' }],
      rollout: {
        minHealthyTime: '1s',
        healthyDeadline: '5s',
        stages: [
          { name: 'canary', hosts: { names: [first] } },
          { name: 'rest', maxParallel: '50%' },
        ],
      },
    },
  };
}

/** A new version fails in the first shop and goes back; the one after it reaches all. */
export function fleetScenes({ file }: Pick<PracticeCluster, 'file'>): readonly Scene[] {
  const edit = (change: (text: string) => string, typed: string) => async () => {
    await writeFile(file, change(await readFile(file, 'utf8')));
    return typed;
  };
  const version = (to: string) => (text: string) => text.replace(/^(\s*version:).*$/m, `$1 ${to}`);
  const program = (to: string) => (text: string) => text.replace(/^(\s*program:).*$/m, `$1 ${to}`);
  return [
    {
      says: `${shops} bare boxes in shops, no API server anywhere, and one inventory file. One command puts a kubelet and a web server on each.`,
      command: ['up', '--yes'],
    },
    {
      says: 'Version 2 of the web server ends as soon as it starts. Nobody knows that yet.',
      act: edit((text) => program('/bin/false')(version('v2')(text)), '$ vi fleet.yaml    # version: v2'),
    },
    {
      says: `${first} is the canary. Its pod does not become healthy, so it is rolled back, and no other shop gets version 2.`,
      command: ['up', '--yes'],
      ends: 1,
    },
  ];
}
