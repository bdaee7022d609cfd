import type { ChildProcess } from 'node:child_process';
import { connect } from 'node:tls';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { selfSigned } from '../../src/practice/components/self-signed.js';
import { addonFolder } from './addon-folder.js';
import { nodesOf } from './api-objects.js';
import { checked, checkNamespaces, saidOf, unwell } from './check.js';
import { etcdMembership } from './etcd.js';
import { changes, type HostState, hostState } from './host-state.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { inhabit } from './inhabit.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { podsTalk } from './pods-talk.js';
import { servicesWork } from './services-work.js';
import { openShop } from './shop.js';
import { until } from './until.js';

const hosts = namedHosts('crew', 2, 71);
const [first, worker] = hosts as [LabHost, LabHost];
const label = 'node-role.kubernetes.io/control-plane';

describe('a control plane and a worker', () => {
  let lab: Lab;
  let operator: Operator;
  let before: HostState;
  beforeAll(async () => {
    lab = await startLab({ hosts });
    before = await hostState(lab, worker.name);
    operator = await newOperator(lab, inject('artifacts'));
    await operator.write({ hosts: [first, { ...worker, roles: ['worker'] }] });
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });
  const node = async (path: string) =>
    (await operator.kubectl(first.ip, 'get', 'node', worker.name, '-o', `jsonpath=${path}`)).trim();
  const withAddon = (patience: string) =>
    operator.write({
      hosts: [first, { ...worker, roles: ['worker'] }],
      spec: { addons: [{ name: 'shop', path: 'shop' }], timeouts: { addons: patience } },
    });
  const heartbeat = async () =>
    operator.kubectl(
      first.ip,
      ...['-n', 'kube-node-lease', 'get', 'lease', worker.name, '-o', 'jsonpath={.spec.renewTime}'],
    );

  it('come up together, and nothing is left to do', async () => {
    await must(operator.up());
    await nothingToDo(operator);
    await until('the worker’s kubelet reports to the API', heartbeat);
    expect(await nodesOf(operator, first.ip)).toEqual([first.name, worker.name]);
    expect(await node('{.metadata.labels}')).not.toContain(label);
    // Its lease comes before its first status.
    const version = () => node('{.status.nodeInfo.kubeletVersion}');
    await until('the worker’s kubelet says what it is', async () => (await version()) !== '');
    expect(await version()).toBe(lab.settings.kubernetesVersion);
  });

  it('meet at the worker’s balancer, which loads another configuration without losing a connection', async () => {
    expect(await lab.read(worker.name, 'cat /etc/kubernetes/kubelet.conf')).toContain(
      'server: "https://127.0.0.1:6443"',
    );
    const config = '/etc/kubernetes/haproxy/haproxy.cfg';
    const address = `${first.ip}:6443`;
    const linesOf = async (command: string) =>
      (await lab.read(worker.name, command)).split('\n').filter((line) => line !== '');
    // The kubelet's connections, by their own ends; one that it does not use it gives up after a while. That of its
    // heartbeat is there when the node is ready.
    const connections = () =>
      linesOf(`ss -Htnp state established dst 127.0.0.1:6443 | awk '/"kubelet"/ { print $3 }'`);
    const processes = () => linesOf('pgrep -x haproxy');
    const readiness = '{.status.conditions[?(@.type=="Ready")].status}';
    await until('the node is ready', async () => (await node(readiness)) === 'True');
    const [before, running] = [await connections(), await processes()];
    const lastingConnections = async () => (await connections()).filter((one) => before.includes(one));
    await lab.read(
      worker.name,
      `sed 's/${address}/${first.ip}:1/' ${config} >${config}.new && mv ${config}.new ${config}`,
    );
    await until('a process is there that has loaded it', async () =>
      (await processes()).some((id) => !running.includes(id)),
    );
    expect(await lastingConnections()).not.toEqual([]);
    expect((await operator.plan()).stdout).toContain(`write ${config}  (edited on the host)`);
    await must(operator.up());
    await nothingToDo(operator);
    expect(await lastingConnections()).not.toEqual([]);
    expect(await lab.read(worker.name, `cat ${config}`)).toContain(address);
    expect(await lab.read(worker.name, 'ls /var/log/pods/kube-system_haproxy-*/haproxy')).toBe('0.log\n');
  });

  it('connect their pods: each is ready, and a pod of one reaches the pod of the other', async () => {
    await podsTalk(lab, operator, [first, worker]);
  });

  it('show logs and answer for both nodes, with certificates that the API server checks', async () => {
    const manifest = await lab.read(first.name, 'cat /etc/kubernetes/manifests/kube-apiserver.yaml');
    expect(manifest).toContain('--kubelet-certificate-authority=');
    const logs = ['-n', 'kube-system', 'logs', `kube-scheduler-${first.name}`];
    expect(await operator.kubectl(first.ip, ...logs)).not.toBe('');
    for (const { name } of hosts)
      expect(await operator.kubectl(first.ip, 'get', '--raw', `/api/v1/nodes/${name}/proxy/healthz`)).toBe(
        'ok',
      );
  });

  it('have a kubelet that takes up another certificate, and the right one again, without a restart', async () => {
    const pair = '/var/lib/kubelet/pki/kubelet';
    const since = await lab.read(worker.name, 'systemctl show -p InvocationID kubelet.service');
    const { certificate, key } = selfSigned();
    await lab.read(
      worker.name,
      `umask 077; echo '${certificate}' >${pair}.new && echo '${key}' >${pair}.key && mv ${pair}.new ${pair}.crt`,
    );
    await until(
      'the kubelet shows it',
      async () => (await issuerShownBy(worker.ip)) === 'localhost@practice',
    );
    await must(operator.up());
    expect(await issuerShownBy(worker.ip)).toBe('kubernetes');
    expect(await lab.read(worker.name, 'systemctl show -p InvocationID kubelet.service')).toBe(since);
    await nothingToDo(operator);
  });

  it('run kube-proxy, and CoreDNS on both of them, and lead services to their pods', async () => {
    await servicesWork(lab, operator, [first, worker]);
    await nothingToDo(operator);
  });

  describe('are checked', () => {
    /** A check that gets a signal as soon as its namespace is there. */
    const begin = async (signal: NodeJS.Signals) => {
      const before = await checkNamespaces(operator, first.ip);
      let running: ChildProcess | undefined;
      const ended = operator.podstrap(['check'], { onStart: (child) => (running = child) });
      await until('the check has its namespace', async () => {
        const now = await checkNamespaces(operator, first.ip);
        if (now.every((name) => before.includes(name))) throw new Error('there is none');
      });
      running!.kill(signal);
      return ended;
    };

    it('by a run that is killed, and leaves its namespace', async () => {
      expect((await begin('SIGKILL')).code).toBe(137);
      expect(await checkNamespaces(operator, first.ip)).toHaveLength(1);
    });

    it('by one that is stopped by Ctrl-C, and removes what it made and what the killed one left', async () => {
      const ended = await begin('SIGINT');
      expect(ended).toMatchObject({ code: 130, stderr: expect.stringContaining('you stopped it') });
      await until('nothing is left', async () =>
        expect(await checkNamespaces(operator, first.ip)).toEqual([]),
      );
    });

    it('and found without DNS, and without a way from one host’s pods to the other’s', async () => {
      const scale = (replicas: number) =>
        operator.kubectl(
          first.ip,
          ...['-n', 'kube-system', 'scale', 'deployment/coredns', `--replicas=${replicas}`],
        );
      await scale(0);
      // What watches the routes would bring it back.
      await lab.read(
        worker.name,
        'systemctl stop podstrap-network; ip route del $(ip route | grep "^10.244.*via")',
      );
      const report = await checked(operator, first.ip, '--wait', '1s');
      await scale(2);
      for (const [one, other] of [
        [first, worker],
        [worker, first],
      ] as const) {
        expect(unwell(report)).toContain(`dns ${one.name}: failed`);
        expect(unwell(report)).toContain(`pod-to-pod ${one.name}: failed`);
        expect(saidOf(report, 'pod-to-pod', one.name)).toContain(
          `the pod on ${one.name} does not reach the pod on ${other.name}`,
        );
      }
      expect(unwell(report).filter((line) => !/^(dns|pod-to-pod|service) /.test(line))).toEqual([]);
    });

    it('and well again after `up`, which mends the way', async () => {
      const ended = await must(operator.up('--check'));
      expect(ended.stdout).toContain('it runs pods');
      await nothingToDo(operator);
    });
  });

  it('leave nothing of a control plane on the worker', async () => {
    const files = await lab.read(worker.name, 'find /etc/kubernetes -type f | sort');
    expect(files).toContain('/etc/kubernetes/kubelet.conf');
    expect(files.match(/^.*manifests\/.*$/gm)).toEqual(['/etc/kubernetes/manifests/haproxy.yaml']);
    expect(files).not.toMatch(/\.key$|admin\.conf|etcd|front-proxy/m);
    const pods = await lab.read(worker.name, 'ctr -n k8s.io containers ls');
    expect(pods).not.toMatch(/etcd|kube-apiserver|kube-controller-manager|kube-scheduler/);
  });

  it('go on while the worker has no power, and have it back as it was', async () => {
    const before = await heartbeat();
    await lab.powerCut(worker.name);
    const ended = await operator.up();
    expect(ended.stderr).toContain(worker.name);
    expect(await operator.kubectl(first.ip, 'get', '--raw', '/readyz')).toBe('ok');
    await lab.start(worker.name);
    await until('the worker’s kubelet reports again', async () => (await heartbeat()) > before);
    await until('there is nothing to do', () => nothingToDo(operator));
  });

  it('answer at a Service, with no request failed, while a flag rolls and while there is no control plane', async () => {
    const shop = await openShop(lab, operator, first.ip, 1);
    const asked = await shop.askedDuring('a flag, and no control plane', [worker], async () => {
      await operator.write({
        hosts: [first, { ...worker, roles: ['worker'] }],
        spec: { scheduler: { extraArgs: [{ name: 'v', value: '3' }] } },
      });
      await must(operator.up());
      await lab.powerCut(first.name);
      await lab.start(first.name);
      await until('there is nothing to do', () => nothingToDo(operator));
    });
    expect(asked.byAddress.failed).toEqual([]);
    expect(asked.byAddress.answered).toBeGreaterThan(0);
    await operator.kubectl(first.ip, 'delete', 'namespace', 'shop', '--wait=false');
    // An addon of a later test has a namespace of this name, and nothing can be made in one that is going.
    await until('the shop is gone', async () => {
      const left = await operator.kubectl(first.ip, 'get', 'namespaces', '-o', 'name');
      return !left.includes('namespace/shop');
    });
    await operator.write({ hosts: [first, { ...worker, roles: ['worker'] }] });
  });

  it('take a setting of the kubelet to the worker, which stays a node', async () => {
    await operator.write({
      hosts: [first, { ...worker, roles: ['worker'], labels: { disk: 'ssd' } }],
    });
    await must(operator.up());
    await nothingToDo(operator);
    expect(await node('{.metadata.labels.disk}')).toBe('ssd');
  });

  it('take an addon of the user’s own, which leaves nothing to do, and give back what leaves it', async () => {
    const folder = addonFolder(operator, lab.settings.kubernetesVersion);
    await folder.write();
    await withAddon('60s');
    await must(operator.up());
    await nothingToDo(operator);
    const shop = (...args: string[]) => operator.kubectl(first.ip, '-n', 'shop', 'get', ...args);
    expect(await shop('deployment', 'web', '-o', 'jsonpath={.status.availableReplicas}')).toBe('1');
    expect(await shop('crate', 'first', '-o', 'jsonpath={.spec}')).toBe('{"kind":"wood","size":3}');
    await folder.write({ color: 'red' });
    await folder.withoutCrates();
    const plan = await operator.plan();
    expect(plan.stdout).toMatch(/-\s+color: blue\n\s+\+\s+color: red/);
    expect(plan.stdout).toContain('remove CustomResourceDefinition crates.shop.example.com');
    await must(operator.up());
    await nothingToDo(operator);
    await expect(shop('crate')).rejects.toThrow(/could not find|doesn't have/);
    expect(await shop('configmap', 'settings', '-o', 'jsonpath={.data.color}')).toBe('red');
  });

  it('tell of an addon that does not run, and are well themselves', async () => {
    const folder = addonFolder(operator, lab.settings.kubernetesVersion);
    await folder.write({ color: 'red', tag: 'absent' });
    await withAddon('15s');
    const ended = await operator.up();
    expect(ended.code, ended.stderr).toBe(1);
    expect(ended.stderr).toContain('Waiting for Deployment shop/web of addon shop');
    expect(ended.stderr).toContain('0 of 1 pods run as wanted');
    expect((await operator.podstrap(['status'])).code).toBe(0);
    await operator.write({ hosts: [first, { ...worker, roles: ['worker'] }] });
    await must(operator.up());
    await nothingToDo(operator);
  });

  it('are the machines that they are: under another name the worker is refused, and stays as it is', async () => {
    await operator.write({ hosts: [first, { ...worker, name: 'crew-two', roles: ['worker'] }] });
    const ended = await operator.up();
    expect(ended.code, ended.stdout).toBe(1);
    expect(ended.stderr).toContain(`is ${worker.name} of this cluster`);
    await operator.write({ hosts: [first, { ...worker, roles: ['worker'] }] });
    await nothingToDo(operator);
  });

  it('become two control planes, where the API server gets the port of the balancer, and a worker again', async () => {
    await operator.write({ hosts: [first, worker] });
    await must(operator.up());
    await nothingToDo(operator);
    expect(await operator.kubectl(worker.ip, 'get', '--raw', '/readyz')).toBe('ok');
    expect((await etcdMembership(lab, worker.name)).members).toHaveLength(2);
    expect((await lab.exec(worker.name, 'pgrep -x haproxy')).code).toBe(1);
    const before = await heartbeat();
    await until('its kubelet reports', async () => (await heartbeat()) > before);
    await must(operator.podstrap(['reset', worker.name, '--yes']));
    await operator.write({ hosts: [first, { ...worker, roles: ['worker'] }] });
    await must(operator.up());
    await nothingToDo(operator);
    expect(await nodesOf(operator, first.ip)).toEqual([first.name, worker.name]);
    expect((await etcdMembership(lab, first.name)).members).toHaveLength(1);
  });

  it('meet at another port of the API server', async () => {
    await operator.write({
      hosts: [first, { ...worker, roles: ['worker'] }],
      spec: { apiServer: { bindPort: 7443 } },
    });
    await must(operator.up());
    await nothingToDo(operator);
    const lease = () =>
      lab.read(
        first.name,
        `kubectl --kubeconfig /etc/kubernetes/admin.conf -n kube-node-lease get lease ${worker.name} -o jsonpath={.spec.renewTime}`,
      );
    const before = await lease();
    await until('the worker’s kubelet reports there', async () => (await lease()) > before);
    expect(await lab.read(worker.name, 'cat /etc/kubernetes/kubelet.conf')).toContain('127.0.0.1:7443');
    expect((await must(operator.podstrap(['kubeconfig', '--stdout']))).stdout).toContain(`${first.ip}:7443`);
  });

  it('let the worker go, which then is what it was before it came', async () => {
    await operator.write({ hosts: [first, { ...worker, roles: ['worker'] }] });
    await must(operator.up());
    await inhabit(lab, operator, first, [first, worker]);
    await must(operator.podstrap(['reset', worker.name, '--yes']));
    expect(changes(before, await hostState(lab, worker.name))).toEqual([]);
    expect(await nodesOf(operator, first.ip)).toEqual([first.name]);
    expect(await operator.kubectl(first.ip, 'get', '--raw', '/readyz')).toBe('ok');
  });
});

/** Common name of who signed the certificate that a kubelet shows. */
const issuerShownBy = (address: string): Promise<string> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host: address, port: 10250, rejectUnauthorized: false }, () => {
      resolve(String(socket.getPeerCertificate().issuer.CN));
      socket.destroy();
    });
    socket.once('error', reject);
  });
