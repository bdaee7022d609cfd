import type { PodName } from '../kubernetes/pod-names.js';
import { readyTemplate } from './ready-template.js';

/** Every file in templates/. */
export type TemplateName =
  | `${PodName}.yaml`
  | 'containerd.service'
  | 'haproxy.cfg'
  | 'kubeconfig.yaml'
  | 'kubelet.service'
  | 'podstrap-network.service'
  | 'podstrap-network.sh';

export type Values = Readonly<Record<string, unknown>>;

/** Those that were needed so far: most commands need none, and none needs all. */
const ready = new Map<TemplateName, (values: Values) => string>();

/**
 * The text of a template with `values` filled in. A template is read once, when it is first needed.
 * @throws when the template uses a name that `values` has not: a defect of podstrap
 */
export function render(name: TemplateName, values: Values): string {
  const known = ready.get(name);
  if (known !== undefined) return known(values);
  const made = readyTemplate(name);
  ready.set(name, made);
  return made(values);
}
