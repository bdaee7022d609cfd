import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { answering, port } from '../../src/check/check-objects.js';
import { release } from '../../src/kubernetes/versions.js';
import type { Lab, LabHost } from './hosts.js';
import type { Operator } from './operator.js';
import { until } from './until.js';

/** Where the pods below write to on their hosts: a folder of the host's own. */
export const hostFolder = '/srv/theirs';

/**
 * Has pods of the API run on these hosts that use whatever a kubelet and its runtime can leave behind: volumes on disk and
 * in memory, a projected one, a folder of the host, a Secret by a subpath, and a port of the host.
 */
export async function inhabit(
  lab: Lab,
  operator: Operator,
  server: LabHost,
  hosts: readonly LabHost[],
): Promise<void> {
  const image = `registry.k8s.io/pause:${release(lab.settings.kubernetesVersion).tags.pause}`;
  const file = join(operator.directory, 'tenants.json');
  const items = [secret, tenants(image)];
  await writeFile(file, JSON.stringify({ apiVersion: 'v1', kind: 'List', items }));
  for (const { name } of hosts)
    await lab.read(name, `mkdir -p ${hostFolder}; echo theirs >${hostFolder}/data`);
  await until('the tenants are made', () => operator.kubectl(server.ip, 'apply', '-f', file));
  await until('the tenants have moved in', () =>
    operator.kubectl(server.ip, 'rollout', 'status', 'daemonset/tenant', '--timeout=2s'),
  );
}

const secret = {
  apiVersion: 'v1',
  kind: 'Secret',
  metadata: { name: 'tenant', namespace: 'default' },
  stringData: { token: 'a secret of a tenant' },
};

const tenants = (image: string) => {
  const { containers, ...pod } = answering(image);
  const [container] = containers;
  return {
    apiVersion: 'apps/v1',
    kind: 'DaemonSet',
    metadata: { name: 'tenant', namespace: 'default' },
    spec: {
      selector: { matchLabels: { app: 'tenant' } },
      template: {
        metadata: { labels: { app: 'tenant' } },
        spec: {
          ...pod,
          terminationGracePeriodSeconds: 1,
          tolerations: [{ operator: 'Exists' }],
          containers: [
            {
              ...container,
              ports: [{ containerPort: port, hostPort: 18080 }],
              volumeMounts: [
                ...container!.volumeMounts,
                { name: 'disk', mountPath: '/disk' },
                { name: 'memory', mountPath: '/memory' },
                { name: 'told', mountPath: '/told' },
                { name: 'host', mountPath: '/host' },
                { name: 'secret', mountPath: '/token', subPath: 'token' },
              ],
            },
          ],
          volumes: [
            ...pod.volumes,
            { name: 'disk', emptyDir: {} },
            { name: 'memory', emptyDir: { medium: 'Memory' } },
            {
              name: 'told',
              projected: {
                sources: [
                  { serviceAccountToken: { path: 'token' } },
                  { secret: { name: 'tenant' } },
                  { downwardAPI: { items: [{ path: 'name', fieldRef: { fieldPath: 'metadata.name' } }] } },
                ],
              },
            },
            { name: 'host', hostPath: { path: hostFolder, type: 'DirectoryOrCreate' } },
            { name: 'secret', secret: { secretName: 'tenant' } },
          ],
        },
      },
    },
  };
};
