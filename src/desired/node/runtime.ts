import { paths } from '../../host/paths.js';
import type { Secret } from '../../secret.js';
import { type HiddenEnvironment, hiddenEnvironment } from '../hidden-environment.js';
import type { HostInput } from '../host-input.js';
import type { FileResource, Resource, UnitResource } from '../resource.js';
import { containerdConfig, containerdUnit } from './containerd.js';
import { kubeletUnit } from './kubelet-unit.js';
import { modeOf } from './mode-of.js';

const configPath = '/etc/containerd/config.toml';
const unitPath = '/etc/systemd/system/containerd.service';

/** containerd with its configuration, and the unit of the kubelet, which is started once it has all it reads. */
export function runtime(input: HostInput): readonly Resource[] {
  const { hidden } = input.inventory;
  const containerd = hiddenEnvironment(containerdUnit(input), paths.containerdVariables, hidden);
  const kubelet = hiddenEnvironment(kubeletUnit(input), paths.kubeletVariables, hidden);
  const variables = variablesOf(paths.containerdVariables, containerd);
  const file = (path: string, content: string, because: string) => fileOf(path, content, because, hidden);
  const unit: UnitResource = {
    kind: 'unit',
    phase: 'node',
    name: 'containerd.service',
    restartOn: [configPath, unitPath, '/usr/local/bin/containerd', ...variables.map(({ path }) => path)],
    because: 'the container runtime of the kubelet',
  };
  return [
    file(configPath, containerdConfig(input), 'sandbox image and cgroup driver, then spec.containerd.config'),
    ...variables,
    file(unitPath, containerd.unit, 'spec.containerd.unit over podstrap’s unit'),
    ...variablesOf(paths.kubeletVariables, kubelet),
    {
      ...file(paths.kubeletUnit, kubelet.unit, 'spec.kubelet.unit and extraArgs over podstrap’s unit'),
      ...(input.rows.has('privateFiles') ? { mode: 0o600 } : {}),
    },
    unit,
  ];
}

/** The variables of a unit that hold credentials. */
const variablesOf = (path: string, { variables }: HiddenEnvironment): readonly FileResource[] =>
  variables === undefined
    ? []
    : [{ ...fileOf(path, variables, 'credentials among the unit’s variables, for root alone'), mode: 0o600 }];

const fileOf = (
  path: string,
  content: string,
  because: string,
  hidden: readonly Secret[] = [],
): FileResource => ({
  kind: 'file',
  phase: 'node',
  path,
  mode: modeOf(content, hidden),
  content,
  because,
});
