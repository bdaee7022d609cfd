import type { Lab } from '../test/lab/hosts.js';

const manifest = '/etc/kubernetes/manifests/kube-apiserver.yaml';

/** Long enough for the slowest restart that was seen, of 60 s; a host that takes longer has failed. */
const mostSeconds = 180;

/**
 * The way of kubeadm's handbook: the manifest is replaced in place, and the next node waits until this node's new
 * kube-apiserver is ready. The new one is told from the old by its argument.
 */
export async function changeFlagInPlace(lab: Lab, host: string, flag: string): Promise<void> {
  await lab.read(
    host,
    `sed 's|^    - kube-apiserver$|&\\n    - ${flag}|' ${manifest} >/root/kube-apiserver.yaml && cp /root/kube-apiserver.yaml ${manifest}
end=$(( $(date +%s) + ${mostSeconds} ))
until pgrep -f -- '^kube-apiserver .*${flag}' >/dev/null && kubectl --kubeconfig /etc/kubernetes/admin.conf --server https://$(hostname -I | awk '{print $1}'):6443 get --raw /readyz >/dev/null 2>&1; do
  [ "$(date +%s)" -lt "$end" ] || exit 1; sleep 0.2
done`,
  );
}
