import type { Lab, LabHost } from './hosts.js';
import type { Operator } from './operator.js';
import { until } from './until.js';

/** The image of every sandbox is on every host. */
const imageOf = (lab: Lab, host: string): Promise<string> =>
  lab.read(host, 'ctr -n k8s.io images ls -q | grep /pause: | head -n 1');

/** Nobody listens in these pods: a refusal shows that packets go there and back. */
const refusal = /Connection refused/;

/**
 * That each host's node is ready, that a pod on each gets an address, and that from each of these pods, and from each host,
 * all others can be reached. Leaves no pods behind.
 * @throws Error with what was said
 */
export async function podsTalk(lab: Lab, operator: Operator, hosts: readonly LabHost[]): Promise<void> {
  const kubectl = (...args: string[]) => operator.kubectl(hosts[0]!.ip, ...args);
  for (const { name } of hosts)
    await until(`${name} is ready`, () =>
      kubectl('wait', '--for=condition=Ready', `node/${name}`, '--timeout=1s'),
    );
  const pods = hosts.map(({ name }) => `talks-on-${name}`);
  for (const [index, { name }] of hosts.entries()) {
    const overrides = JSON.stringify({ spec: { nodeName: name, terminationGracePeriodSeconds: 0 } });
    const image = (await imageOf(lab, name)).trim();
    await until('the pod is taken', () =>
      kubectl('run', pods[index]!, `--image=${image}`, '--restart=Never', `--overrides=${overrides}`),
    );
  }
  const own = new Map<string, readonly string[]>();
  for (const pod of pods)
    await until(`${pod} has an address`, async () => {
      const found = await kubectl('get', 'pod', pod, '-o', 'jsonpath={.status.podIPs[*].ip}');
      if (found.trim() === '') throw new Error('it has none');
      own.set(pod, found.trim().split(' '));
    });
  const addresses = [...own].flatMap(([pod, list]) => list.map((address) => [pod, address] as const));
  for (const { name } of hosts)
    for (const [pod, address] of addresses) {
      const connect = `timeout 5 bash -c 'exec 3<>/dev/tcp/${address}/9' 2>&1 || true`;
      const inside = `for p in /proc/[0-9]*; do n=$(readlink $p/exe); case $n in */pause)
if nsenter -t \${p##*/} -n ip -o addr | grep -q ' ${own.get(`talks-on-${name}`)![0]}/'; then nsenter -t \${p##*/} -n ${connect}; break; fi;; esac; done`;
      for (const script of [connect, inside]) {
        const said = await lab.read(name, script);
        if (!refusal.test(said)) throw new Error(`${pod} (${address}) from ${name}: ${said || 'silence'}`);
      }
    }
  await kubectl('delete', 'pod', ...pods, '--wait=true');
}
