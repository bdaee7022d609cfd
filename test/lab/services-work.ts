import type { Lab, LabHost } from './hosts.js';
import type { Operator } from './operator.js';
import { until } from './until.js';

/** Asks CoreDNS by TCP for the address of the API's service: a question of DNS by hand, since bare hosts have no tool for it. */
const question = `exec 3<>/dev/tcp/10.96.0.10/53 || exit 1
printf '\\0\\66\\0\\7\\1\\0\\0\\1\\0\\0\\0\\0\\0\\0\\12kubernetes\\7default\\3svc\\7cluster\\5local\\0\\0\\1\\0\\1' >&3
timeout 3 dd bs=512 count=1 <&3 2>/dev/null | od -An -tu1 | tr -s ' \\n' ' '`;

/**
 * That kube-proxy runs on each host, CoreDNS on as many, and that from each host services answer: the API's, and DNS with
 * the address of the API's.
 * @throws Error with what was said
 */
export async function servicesWork(lab: Lab, operator: Operator, hosts: readonly LabHost[]): Promise<void> {
  const system = (...args: string[]) => operator.kubectl(hosts[0]!.ip, '-n', 'kube-system', ...args);
  await until('kube-proxy is everywhere', () =>
    system('rollout', 'status', 'daemonset/kube-proxy', '--timeout=2s'),
  );
  await until('CoreDNS is ready', () => system('rollout', 'status', 'deployment/coredns', '--timeout=2s'));
  const nodes = await system(
    'get',
    'pods',
    '-l',
    'k8s-app=kube-dns',
    '-o',
    'jsonpath={.items[*].spec.nodeName}',
  );
  const distinct = new Set(nodes.trim().split(/\s+/));
  if (distinct.size !== Math.min(2, hosts.length)) throw new Error(`CoreDNS runs on ${nodes}`);
  for (const { name } of hosts) {
    await until(`the API answers behind its service on ${name}`, () =>
      lab.read(name, "timeout 3 bash -c 'exec 3<>/dev/tcp/10.96.0.1/443'"),
    );
    await until(`DNS knows the API’s service on ${name}`, async () => {
      const answer = await lab.read(name, `timeout 5 bash <<'EOF'\n${question}\nEOF`);
      if (!/ 10 96 0 1 /.test(`${answer.trim()} `)) throw new Error(`it said ${answer}`);
    });
  }
}
