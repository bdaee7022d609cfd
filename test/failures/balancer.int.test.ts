import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type ConnectionOptions, connect, type TLSSocket } from 'node:tls';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { httpClient } from '../../src/cluster/http.js';
import { paths } from '../../src/host/paths.js';
import type { Transport } from '../../src/transport/transport.js';
import { type Client, login } from '../practice/client.js';
import { expectEnd, type Spec, startWorld, type World } from './world.js';

const planes = ['cp-1', 'cp-2', 'cp-3'];
const manifest = `${paths.manifests}/haproxy.yaml`;

let world: World;
let ssh: Client;
beforeAll(async () => {
  world = await startWorld(3, 1);
  await world.edit((spec) => {
    later = spec.hosts.filter((host: Spec) => ['cp-2', 'cp-3'].includes(host.name));
    spec.hosts = spec.hosts.filter((host: Spec) => !later.includes(host));
  });
  ssh = await login(world.site.host('w-1'), world.site.identityFile);
});
afterAll(async () => {
  ssh?.close();
  await world.close();
});
let later: Spec[] = [];

const at = (path: string): string => join(world.site.host('w-1').root, path);
const read = (path: string): string => readFileSync(at(path), 'utf8');
const ask = async (path: string): Promise<{ status: number; body: string }> => {
  const transport = { host: 'w-1', open: ssh.open } as unknown as Transport;
  const http = httpClient({ transport, address: '127.0.0.1', port: 6444 });
  return http.request({ method: 'GET', path }).finally(() => http.close());
};
/** Common names of the API server that the worker reaches at loopback, and of all that its certificate is for. */
const throughBalancer = async (): Promise<string> => {
  const socket = await ssh.open('127.0.0.1', 6443);
  const ca = read(`${paths.pki}/ca.crt`);
  return new Promise((resolve, reject) => {
    const tls: TLSSocket = connect(
      { socket, ca, servername: 'kubernetes.default.svc' } as ConnectionOptions,
      () => {
        resolve(String(tls.getPeerCertificate().subjectaltname));
        tls.destroy();
      },
    );
    tls.once('error', reject);
  });
};
const sandbox = async (): Promise<string> => {
  const words = `ctr -n k8s.io containers ls -q 'labels."io.kubernetes.pod.name"==haproxy-w-1,labels."io.cri-containerd.kind"==sandbox'`;
  return (await ssh.run(words)).stdout;
};

it('a worker comes up through a balancer of its own', async () => {
  await world.converge();
  expect(read('/etc/kubernetes/kubelet.conf')).toMatch(
    /server: "https:\/\/127\.0\.0\.1:6443"\n\s+tls-server-name: "kubernetes\.default\.svc"/,
  );
  expect(await throughBalancer()).toContain('DNS:cp-1');
  expectEnd(await world.podstrap(['status']), 0, /haproxy +3\.2\.24-alpine/);
});

it('control planes that come are in its configuration, and its pod stays the one that it was', async () => {
  const before = await sandbox();
  expect(before).toMatch(/^\w{64}\n$/);
  await world.edit((spec) => spec.hosts.push(...later));
  expectEnd(
    await world.podstrap(['plan', '--host', 'w-1']),
    0,
    /write \/etc\/kubernetes\/haproxy\/haproxy\.cfg {2}\(.*cluster\.yaml:\d+:\d+: spec\.hosts\[\d\]/,
    '+    server cp-3 ',
  );
  await world.converge();
  expect(await sandbox()).toBe(before);
  expect(
    [...read(paths.balancerConfig).matchAll(/^ +server (\S+)/gm)].map(([, name]) => name).sort(),
  ).toEqual(planes);
});

it('it leads to those that are ready', async () => {
  await world.site.powerCut('cp-1');
  expect(await throughBalancer()).toContain('DNS:cp-2');
  expect((await ask('/readyz')).status).toBe(200);
  await world.site.powerOn('cp-1');
  await world.converge();
});

it('what somebody did to it is drift, and mended', async () => {
  const wanted = read(paths.balancerConfig);
  writeFileSync(at(paths.balancerConfig), wanted.replace(/^ +server cp-2 .*\n/m, ''));
  expectEnd(await world.podstrap(['plan']), 0, /haproxy\.cfg {2}\(edited on the host\)/);
  await world.converge();
  expect(read(paths.balancerConfig)).toBe(wanted);
});

it('an earlier configuration that is still loaded keeps its gate shut', async () => {
  expect(await ask('/readyz?revision=0123456789ab')).toMatchObject({
    status: 503,
    body: 'another configuration is loaded',
  });
});

it('one that does not come up is put back, with the configuration that it had', async () => {
  const before = read(paths.balancerConfig);
  const end = world.site.faults('w-1').occupyPort(7444, 'nginx');
  const undo = await world.edit((spec) => {
    spec.loadBalancer = { healthPort: 7444 };
    spec.timeouts.controlPlaneComponentHealthCheck = '4s';
  });
  expectEnd(await world.up(), 1, /haproxy: .*ended/, 'w-1: put back as it was before, and healthy');
  expect(read(paths.balancerConfig)).toBe(before);
  expect((await ask('/readyz')).status).toBe(200);
  end();
  await undo();
  await world.converge();
});

it('it comes back where the run that took it away fails, and only when it leads to an API server all is as before', async () => {
  const before = read(manifest);
  world.site.faults('w-1').component('haproxy', { neverReady: true });
  const undo = await world.edit((spec) => {
    spec.loadBalancer = { type: 'none' };
    spec.timeouts.kubeletHealthCheck = '4s';
    spec.hosts.find(({ name }: Spec) => name === 'w-1').kubelet = {
      extraArgs: [{ name: 'no-such-flag', value: 'x' }],
    };
    spec.timeouts.controlPlaneComponentHealthCheck = '4s';
  });
  expectEnd(await world.up(), 1, /w-1: could not be put back: .*haproxy/);
  expect(read(manifest)).toBe(before);
  world.site.faults('w-1').clear();
  expectEnd(await world.up(), 1, 'w-1: put back as it was before, and healthy');
  expect(read(manifest)).toBe(before);
  expect((await ask('/readyz')).status).toBe(200);
  await undo();
  await world.converge();
  expect((await ask('/readyz')).status).toBe(200);
});

it('switched off it is gone, and its host speaks to the endpoint', async () => {
  await world.edit((spec) => {
    spec.loadBalancer = { type: 'none' };
  });
  expectEnd(await world.podstrap(['plan']), 0, `remove ${manifest}`, `remove ${paths.balancerConfig}`);
  await world.converge();
  expect(existsSync(at(manifest))).toBe(false);
  expect(read('/etc/kubernetes/kubelet.conf')).toContain('api.practice.example:6443');
});
