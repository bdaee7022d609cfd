import { paths } from '../host/paths.js';
import { type Flag, overrideFlags, writeFlag } from './flags.js';
import type { HostInput } from './host-input.js';
import { proxyVariables } from './proxy.js';
import { render } from './templates.js';
import { environmentWord, execWord, overrideUnit } from './unit-file.js';

/** The text of kubelet.service on one host. */
export function kubeletUnit(input: HostInput): string {
  const { spec } = input.inventory;
  const text = render('kubelet.service', {
    environment: proxyVariables(input).map(({ name, value }) => environmentWord(`${name}=${value}`)),
    flags: kubeletFlags(input).map((flag) => execWord(writeFlag(flag))),
  });
  return overrideUnit(text, spec.kubelet.unit);
}

/** Flags of one kubelet: podstrap's, those of spec.kubelet.extraArgs, those of the host. */
function kubeletFlags({ inventory, host, traits }: HostInput): readonly Flag[] {
  const renamed = host.name !== traits.hostname.toLowerCase();
  const own = [
    { name: 'config', value: paths.kubeletConfig },
    ...(renamed ? [{ name: 'hostname-override', value: host.name }] : []),
    { name: 'kubeconfig', value: `${paths.kubernetes}/kubelet.conf` },
    { name: 'node-ip', value: host.advertiseAddress },
  ];
  return overrideFlags(overrideFlags(own, inventory.spec.kubelet.extraArgs), host.kubelet?.extraArgs ?? []);
}
