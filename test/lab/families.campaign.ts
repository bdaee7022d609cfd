import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { nodesOf } from './api-objects.js';
import type { Asked } from './asking.js';
import { checked, told } from './check.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { podsTalk } from './pods-talk.js';
import { servicesWork } from './services-work.js';
import { openShop, type Shop } from './shop.js';
import { until } from './until.js';
import { holdersOf } from './virtual-address.js';

/** The address of IPv6 that goes with one of IPv4 in the lab. */
const sixth = (ip: string): string => `fd00:${ip.split('.').slice(0, 3).join(':')}::${ip.split('.')[3]}`;
const withIpv6 = (host: LabHost) => ({ ...host, ipv6: sixth(host.ip) });

const services = 'fd00:10:96::/112';
const street = { addresses: ['fd00:10:96::4d4d'], resolver: 'fd00:10:96::a' };

const flawless = ({ failed, answered }: Asked) => {
  expect(failed).toEqual([]);
  expect(answered).toBeGreaterThan(0);
};

describe('a control plane and two workers with addresses of both families', () => {
  const hosts = namedHosts('pair', 3, 131).map(withIpv6);
  const [first, second] = hosts as [Required<LabHost>, Required<LabHost>];
  let lab: Lab;
  let operator: Operator;
  let shop: Shop;
  beforeAll(async () => {
    lab = await startLab({ hosts });
    operator = await newOperator(lab, inject('artifacts'));
    await operator.write({
      hosts: hosts.map((host) => ({ ...host, roles: [host === first ? 'control-plane' : 'worker'] })),
      spec: {
        networking: {
          podSubnet: '10.244.0.0/16,fd00:10:244::/56',
          serviceSubnet: `10.96.0.0/12,${services}`,
        },
      },
    });
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });
  const kubectl = (...args: string[]) => operator.kubectl(first.ip, ...args);

  it('come up, and nothing is left to do', async () => {
    await must(operator.up());
    await nothingToDo(operator);
    await podsTalk(lab, operator, hosts);
    await servicesWork(lab, operator, hosts);
    expect(told(await checked(operator, first.ip))).toEqual([]);
  });

  it('have nodes and pods with an address of each', async () => {
    const path = '.status.addresses[?(@.type=="InternalIP")].address';
    for (const { name, ip, ipv6 } of hosts)
      expect(await kubectl('get', 'node', name, '-o', `jsonpath={${path}}`)).toBe(`${ip} ${ipv6}`);
    const pods = await kubectl(
      ...['-n', 'kube-system', 'get', 'pods', '-l', 'k8s-app in (kube-dns, kube-proxy)', '-o'],
      'jsonpath={range .items[*]}{.status.podIPs[*].ip}{"\\n"}{end}',
    );
    for (const line of pods.trim().split('\n')) expect(line).toMatch(/^10\.\S+ fd00:10:\S+$/);
  });

  it('answer at both addresses of a Service', async () => {
    const both = { addresses: ['10.96.77.77', ...street.addresses], resolver: '10.96.0.10' };
    shop = await openShop(lab, operator, first.ip, 2, both);
    const asked = await shop.askedDuring('two families', hosts, async () => {
      expect(told(await checked(operator, first.ip))).toEqual([]);
    });
    flawless(asked.byAddress);
    flawless(asked.byName);
  });

  it('get a route of IPv6 back that is gone', async () => {
    const routes = () => lab.read(first.name, 'ip -6 route show');
    const way = new RegExp(`^(fd00:10:244:\\S+) via ${second.ipv6} `, 'm');
    const [, lost] = way.exec(await routes())!;
    // What watches the routes would bring it back.
    await lab.read(first.name, `systemctl stop podstrap-network; ip -6 route del ${lost}`);
    expect(await operator.plan()).toMatchObject({ code: 2, stdout: expect.stringContaining(lost!) });
    await must(operator.up());
    await nothingToDo(operator);
    expect(await routes()).toMatch(way);
  });

  it('have all of it again after a power cut, by themselves', async () => {
    await Promise.all(hosts.map(({ name }) => lab.powerCut(name)));
    await Promise.all(hosts.map(({ name }) => lab.start(name)));
    await shop.opens(hosts);
    await until('there is nothing to do', () => nothingToDo(operator));
    expect(told(await checked(operator, first.ip))).toEqual([]);
  });
});

describe('three control planes and a worker that know no IPv4', () => {
  const machines = namedHosts('six', 4, 135).map(withIpv6);
  /** As everybody knows them from here on. */
  const hosts = machines.map(({ name, ipv6 }) => ({ name, ip: ipv6 }));
  const [first] = hosts as [LabHost];
  const controlPlanes = hosts.slice(0, 3);
  const address = first.ip.replace(/\d+$/, '139');
  let lab: Lab;
  let operator: Operator;
  const inventory = (spec: Readonly<Record<string, unknown>> = {}) =>
    operator.write({
      hosts: hosts.map((host) => ({
        ...host,
        roles: [controlPlanes.includes(host) ? 'control-plane' : 'worker'],
      })),
      spec: {
        networking: { serviceSubnet: services },
        virtualAddress: { address },
        timeouts: { watchAfterChange: '2s' },
        ...spec,
      },
    });
  beforeAll(async () => {
    lab = await startLab({ hosts: machines });
    for (const { name } of machines) await lab.read(name, 'ip -4 addr flush dev eth0');
    operator = await newOperator(lab, inject('artifacts'));
    await inventory();
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });

  it('come up, and nothing is left to do', async () => {
    await must(operator.up());
    await nothingToDo(operator);
    await podsTalk(lab, operator, hosts);
    expect(told(await checked(operator, first.ip))).toEqual([]);
  });

  it('have no address of IPv4 in the cluster', async () => {
    const all = await operator.kubectl(
      first.ip,
      ...['get', 'nodes,pods,services,endpointslices', '-A', '-o'],
      'jsonpath={range .items[*]}{.status.addresses[*].address} {.status.podIPs[*].ip} {.spec.clusterIPs} {.endpoints[*].addresses} {end}',
    );
    expect(all).toContain('fd00:10:244:');
    expect(all).not.toMatch(/\d+\.\d+\.\d+\.\d+/);
  });

  it('hold a virtual address among themselves', async () => {
    const [holder] = (await holdersOf(lab, controlPlanes, address)) as [string];
    expect(await nodesOf(operator, address)).toEqual(hosts.map(({ name }) => name).sort());
    for (const { name, ip } of hosts.filter((host) => host.name !== holder)) {
      const own = hosts.find((host) => host.name === holder)!.ip;
      expect(await lab.read(holder, `ip -6 route get ${ip}`), name).toContain(` src ${own} `);
    }
    // Peers of etcd refuse a connection that begins at an address which is not in the member's certificate.
    for (const { name } of controlPlanes)
      expect(await lab.read(name, 'cat /var/log/pods/kube-system_etcd-*/etcd/*.log')).not.toContain(
        `[${address}]:`,
      );
  });

  it('take a flag of kube-apiserver, and no pod notices', async () => {
    const shop = await openShop(lab, operator, first.ip, 1, street);
    const asked = await shop.askedDuring('a flag of kube-apiserver, by IPv6', hosts, async () => {
      await inventory({ apiServer: { extraArgs: [{ name: 'max-requests-inflight', value: '401' }] } });
      await must(operator.up());
      await until('there is nothing to do', () => nothingToDo(operator));
    });
    flawless(asked.byAddress);
    flawless(asked.byName);
  });
});
