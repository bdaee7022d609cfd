import { X509Certificate } from 'node:crypto';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { CertificateList } from '../../src/stories/list-certificates.js';
import { everyApiServerWorks } from './api-objects.js';
import { etcdMembership } from './etcd.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { namedHosts } from './named-hosts.js';
import { apiServersReady, must, newOperator, nothingToDo, type Operator } from './operator.js';
import { until } from './until.js';

const hosts = namedHosts('cert', 3, 61);
const [first, second, third] = hosts as [LabHost, LabHost, LabHost];
const voters = hosts.map(({ name }) => ({ name, learner: false }));

/** Long enough for a slow machine to roll them out, short enough to wait for their end. */
const shortLife = '6m';
const year = '8760h';

describe('certificates that end soon', () => {
  let lab: Lab;
  let operator: Operator;
  let ends: Date;
  beforeAll(async () => {
    lab = await startLab({ hosts });
    operator = await newOperator(lab, inject('artifacts'));
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });
  const write = (certificateValidityPeriod: string) =>
    operator.write({
      spec: {
        certificateValidityPeriod,
        certificateRenewBefore: '10s',
        timeouts: { watchAfterChange: '1s' },
      },
    });
  const list = async (): Promise<CertificateList> =>
    JSON.parse((await operator.podstrap(['certs', '-o', 'json'])).stdout);
  /** When the last of the certificates on the hosts ends; the kubelets' own are the cluster's business. */
  const lastEnd = async () => {
    const { items } = await list();
    const leaves = items.filter(({ authority, path }) => !authority && !path.startsWith('/var/lib/kubelet/'));
    return new Date(Math.max(...leaves.map(({ expires }) => Date.parse(expires))));
  };
  const haveEnded = () => until('the certificates have ended', async () => Date.now() > ends.getTime(), 600);
  /** What runs, by the names of its sandboxes: those of static pods, whose restart is a new sandbox. */
  const sandboxes = (host: LabHost, component: string) =>
    lab.read(
      host.name,
      `ctr -n k8s.io containers ls -q 'labels."io.cri-containerd.kind"==sandbox,labels."component"==${component}'`,
    );
  const containers = (host: LabHost, name: string) =>
    lab.read(
      host.name,
      `ctr -n k8s.io containers ls -q 'labels."io.cri-containerd.kind"==container,labels."io.kubernetes.container.name"==${name}'`,
    );
  const running = () =>
    Promise.all(
      hosts.flatMap((host) =>
        ['etcd', 'kube-apiserver'].map(async (name) => [
          await sandboxes(host, name),
          await containers(host, name),
        ]),
      ),
    );

  it('come to a live cluster node by node', async () => {
    await write(year);
    await must(operator.up());
    await everyApiServerWorks(lab.hosts, operator);
    await write(shortLife);
    await must(operator.podstrap(['certs', 'renew', '--yes']));
    ends = await lastEnd();
    expect(ends.getTime() - Date.now()).toBeLessThan(6 * 60_000);
  });

  it('are all renewed on the live cluster, and neither etcd nor an API server is restarted for it', async () => {
    const before = await running();
    await write(year);
    await must(operator.podstrap(['certs', 'renew', '--yes']));
    expect(await running()).toEqual(before);
    await nothingToDo(operator);
    expect((await must(operator.podstrap(['certs', '--within', '30d']))).stdout).toContain('certificates');
  });

  it('are what the API server and etcd show at once, for clients and for peers', async () => {
    const { items } = await list();
    for (const { name, ip } of hosts)
      for (const [path, port] of [
        ['apiserver.crt', 6443],
        ['etcd/server.crt', 2379],
        ['etcd/peer.crt', 2380],
      ] as const) {
        const serial = items.find((item) => item.host === name && item.path.endsWith(`pki/${path}`))?.serial;
        await until(`${name} shows the new ${path}`, async () => (await serialShown(ip, port)) === serial);
      }
  });

  it('and when the old ones have ended, everything still works: nobody holds on to them', async () => {
    await haveEnded();
    // New connections everywhere: etcd's members to each other, and their API servers to them.
    for (const { name } of hosts) {
      await lab.read(name, 'pkill -9 -x etcd');
      await until(`${name} is a member again`, () => etcdMembership(lab, name));
    }
    await apiServersReady(operator, hosts);
    // The API server as a client of each kubelet.
    for (const { name, ip } of hosts)
      expect(
        await operator.kubectl(ip, '-n', 'kube-system', 'logs', `kube-scheduler-${name}`, '--tail=1'),
      ).not.toBe('');
    await nothingToDo(operator);
    expect((await etcdMembership(lab, first.name)).members).toEqual(voters);
  });

  it('and when all have ended unnoticed, and one host was off meanwhile, up brings the cluster back with its data', async () => {
    await write(shortLife);
    await must(operator.podstrap(['certs', 'renew', '--yes']));
    await operator.kubectl(second.ip, 'create', 'namespace', 'before-the-end');
    ends = await lastEnd();
    const { clusterId } = await etcdMembership(lab, first.name);
    await lab.powerCut(third.name);
    await haveEnded();
    await lab.start(third.name);
    await until('the API server is refused', () =>
      operator.kubectl(first.ip, 'get', 'namespaces').then(
        () => false,
        () => true,
      ),
    );
    await write(year);
    const listed = await operator.podstrap(['certs']);
    expect(listed).toMatchObject({ code: 1, stdout: expect.stringContaining('expired') });
    expect((await operator.podstrap(['status'])).stdout).toContain('etcd has no quorum');
    await must(operator.up());
    await nothingToDo(operator);
    for (const { ip, name } of hosts) {
      await operator.kubectl(ip, 'get', 'namespace', 'before-the-end');
      expect(await etcdMembership(lab, name)).toEqual({ clusterId, members: voters });
    }
    expect((await operator.podstrap(['certs', '--within', '30d'])).code).toBe(0);
  });

  it('a cluster that was switched off whole comes back by itself, and up changes nothing', async () => {
    for (const { name } of hosts) await lab.powerCut(name);
    for (const { name } of [third, first, second]) await lab.start(name);
    const ended = await must(operator.up());
    expect(ended.stdout).toContain('Nothing to do');
    await apiServersReady(operator, hosts);
    await operator.kubectl(third.ip, 'get', 'namespace', 'before-the-end');
  });
});

/** The serial number of the certificate that a server shows. */
const serialShown = (host: string, port: number): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, rejectUnauthorized: false });
    // Servers that ask for a client certificate end the connection after they have shown theirs.
    const show = () => {
      const { raw } = socket.getPeerCertificate();
      if (raw) resolve(new X509Certificate(raw).serialNumber);
      socket.destroy();
    };
    socket.once('secureConnect', show);
    socket.once('error', reject);
    socket.setTimeout(5_000, () => reject(new Error(`${host}:${port}: no handshake in 5 s`)));
  });
