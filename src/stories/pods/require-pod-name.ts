import { Failure } from '../../failure.js';
import { dnsLabelPattern } from '../../inventory/formats.js';

/** @throws Failure `usage` for what can be no name of a static pod, or of a container */
export function requirePodName(name: string): void {
  if (name.length <= 63 && dnsLabelPattern.test(name)) return;
  throw new Failure({
    kind: 'usage',
    doing: 'Reading the command line',
    said: `${JSON.stringify(name)} is not the name of a static pod or of a container`,
    next: 'Give the name of an entry of spec.staticPods, or of a pod of podstrap’s own such as kube-apiserver.',
  });
}
