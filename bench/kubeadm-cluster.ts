import { kubeadmInit, kubeadmJoin } from '../test/lab/kubeadm.js';
import type { LabGround } from './lab-ground.js';
import { stopwatch } from './stopwatch.js';

/**
 * Control planes one after another, as kubeadm must; workers, and the network that its handbook leaves to the reader, on
 * all hosts at once. @returns seconds until all nodes are ready and services have their proxies and DNS
 */
export async function kubeadmCluster(ground: LabGround): Promise<number> {
  const { lab, theirs } = ground;
  const [first, ...others] = theirs;
  const seconds = stopwatch();
  const ticket = await kubeadmInit(lab, first!.name);
  await Promise.all(theirs.map((_, index) => networkByHand(ground, index)));
  const isWorker = ({ roles }: (typeof theirs)[number]) => roles?.includes('worker');
  for (const { name } of others.filter((host) => !isWorker(host))) await kubeadmJoin(lab, name, ticket);
  await Promise.all(others.filter(isWorker).map(({ name }) => kubeadmJoin(lab, name, ticket, 'worker')));
  await lab.read(first!.name, runsPods);
  return seconds();
}

const kubectl = 'kubectl --kubeconfig /etc/kubernetes/admin.conf';

/** Waits on a control plane for what a cluster needs before it runs people's pods. */
export const runsPods = [
  `${kubectl} wait --for=condition=Ready nodes --all --timeout=300s`,
  `${kubectl} -n kube-system rollout status daemonset/kube-proxy --timeout=300s`,
  `${kubectl} -n kube-system rollout status deployment/coredns --timeout=300s`,
].join(' && ');

const podsOf = (index: number): string => `10.244.${index}.0/24`;

/** The reference plugins' file, and a route to the pods of every other host. */
async function networkByHand({ lab, theirs }: LabGround, index: number): Promise<void> {
  const file = JSON.stringify({
    cniVersion: '1.0.0',
    name: 'bench',
    plugins: [
      {
        type: 'bridge',
        bridge: 'cni0',
        isGateway: true,
        ipMasq: false,
        hairpinMode: true,
        ipam: {
          type: 'host-local',
          ranges: [[{ subnet: podsOf(index) }]],
          routes: [{ dst: '0.0.0.0/0' }],
        },
      },
      { type: 'portmap', capabilities: { portMappings: true } },
    ],
  });
  const routes = theirs.flatMap(({ ip }, other) =>
    other === index ? [] : [`ip route replace ${podsOf(other)} via ${ip}`],
  );
  await lab.read(
    theirs[index]!.name,
    [`mkdir -p /etc/cni/net.d`, `echo '${file}' >/etc/cni/net.d/10-bench.conflist`, ...routes].join(' && '),
  );
}
