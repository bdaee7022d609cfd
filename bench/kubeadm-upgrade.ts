import { copyFile, mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Lab } from '../test/lab/hosts.js';
import { ignored, importImages } from '../test/lab/kubeadm.js';

/** A network of one host's own, so that nodes are Ready: before an upgrade kubeadm insists on it, and runs a pod. */
const network = JSON.stringify({
  cniVersion: '1.0.0',
  name: 'bench',
  plugins: [
    {
      type: 'bridge',
      bridge: 'cni0',
      isGateway: true,
      ipam: { type: 'host-local', ranges: [[{ subnet: '10.244.0.0/24' }]] },
    },
  ],
});

const kubeadm = '/usr/local/bin/kubeadm';
const kubectl = 'kubectl --kubeconfig /etc/kubernetes/admin.conf';

const binaryOf = (lab: Lab, version: string, name: string): string =>
  join(lab.settings.home, 'dist', `kubernetes-${version}`, name);

/** What stands ready before the clock runs: the new release's images, its kubeadm and, beside the old one, its kubelet. */
export async function prepareUpgrade(lab: Lab, host: string, version: string): Promise<void> {
  await importImages(lab, host, version);
  await copyFile(binaryOf(lab, version, 'kubeadm'), lab.path(host, kubeadm));
  await copyFile(binaryOf(lab, version, 'kubelet'), lab.path(host, '/usr/local/bin/kubelet.new'));
  const file = lab.path(host, '/etc/cni/net.d/10-bench.conflist');
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, network);
  await lab.read(
    host,
    `n=0; until ${kubectl} wait --for=condition=Ready node/${host} --timeout=60s; do n=$((n+1)); [ $n -lt 5 ] || exit 1; done`,
  );
}

/** As the handbook has it: the first node with `apply`, the others with `node`, each with its kubelet after it. */
export async function upgradeWithKubeadm(lab: Lab, hosts: readonly string[], version: string): Promise<void> {
  for (const [index, host] of hosts.entries()) {
    const command = index === 0 ? `apply --yes ${version}` : 'node';
    await lab.read(
      host,
      `kubeadm upgrade ${command} --ignore-preflight-errors=${ignored} &&
mv /usr/local/bin/kubelet.new /usr/local/bin/kubelet && systemctl restart kubelet &&
until [ "$(${kubectl} get node ${host} -o 'jsonpath={.status.nodeInfo.kubeletVersion}')" = ${version} ]; do sleep 0.2; done &&
${kubectl} wait --for=condition=Ready node/${host} --timeout=120s`,
    );
  }
}
