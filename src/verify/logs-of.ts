import { word } from '../host/shell.js';
import { isOwnPod } from '../kubernetes/pod-names.js';

/**
 * A pattern of the shell for the folders in which a kubelet keeps the logs of a static pod: NAMESPACE_POD_UID, where a pod's
 * name ends with that of its node. Pure.
 */
export const logsOf = (pod: string, host: string): string =>
  isOwnPod(pod)
    ? `"$R/var/log/pods/kube-system_"${word(pod)}-*`
    : `"$R/var/log/pods/"*_${word(`${pod}-${host}`)}_*`;
