import { paths } from '../../host/paths.js';
import { canonicalYaml } from '../canonical-yaml.js';
import { hiddenEnvironment } from '../hidden-environment.js';
import type { HostInput } from '../host-input.js';
import { restartPaths } from '../pods/inputs.js';
import type { Resource } from '../resource.js';
import { kubeletConfig } from './kubelet-config.js';
import { kubeletUnit } from './kubelet-unit.js';
import { modeOf } from './mode-of.js';

/** The kubelet's configuration and the running kubelet: last, because from then on the host is alive. */
export const kubelet = (input: HostInput): readonly Resource[] => {
  const content = canonicalYaml(kubeletConfig(input));
  const { variables } = hiddenEnvironment(kubeletUnit(input), paths.kubeletVariables, input.inventory.hidden);
  return [
    {
      kind: 'file',
      phase: 'control-plane',
      path: paths.kubeletConfig,
      mode: input.rows.has('privateFiles') ? 0o600 : modeOf(content, input.inventory.hidden),
      content,
      because: 'kubeadm’s values, spec.kubelet.config, the host’s kubelet.config and patches',
    },
    {
      kind: 'unit',
      phase: 'control-plane',
      name: 'kubelet.service',
      restartOn: [
        paths.kubeletUnit,
        paths.kubelet,
        ...restartPaths('kubelet'),
        ...(variables === undefined ? [] : [paths.kubeletVariables]),
      ],
      because: 'the only supervisor of the static pods',
    },
  ];
};
