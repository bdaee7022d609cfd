import { paths } from '../host/paths.js';
import { containerdConfig, containerdUnit } from './containerd.js';
import type { HostInput } from './host-input.js';
import { kubeletUnit } from './kubelet-unit.js';
import { modeOf } from './mode-of.js';
import type { FileResource, Resource, UnitResource } from './resource.js';

const configPath = '/etc/containerd/config.toml';
const unitPath = '/etc/systemd/system/containerd.service';

/** containerd with its configuration, and the unit of the kubelet, which is started once it has all it reads. */
export function runtime(input: HostInput): readonly Resource[] {
  const unit: UnitResource = {
    kind: 'unit',
    phase: 'node',
    name: 'containerd.service',
    restartOn: [configPath, unitPath, '/usr/local/bin/containerd'],
    because: 'the container runtime of the kubelet',
  };
  return [
    file(configPath, containerdConfig(input), 'sandbox image and cgroup driver, then spec.containerd.config'),
    file(unitPath, containerdUnit(input), 'spec.containerd.unit over podstrap’s unit'),
    file(paths.kubeletUnit, kubeletUnit(input), 'spec.kubelet.unit and extraArgs over podstrap’s unit'),
    unit,
  ];
}

const file = (path: string, content: string, because: string): FileResource => ({
  kind: 'file',
  phase: 'node',
  path,
  mode: modeOf(content),
  content,
  because,
});
