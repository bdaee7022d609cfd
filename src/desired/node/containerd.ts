import { stringify } from 'smol-toml';
import { sorted } from '../canonical-yaml.js';
import type { HostInput } from '../host-input.js';
import { pauseImage } from '../images.js';
import { mergePatch } from '../patches/merge-patch.js';
import { render } from '../templates.js';
import { kubeletConfig, usesSystemdCgroups } from './kubelet-config.js';
import { proxyVariables } from './proxy.js';
import { overrideUnit } from './unit-file.js';

/** The text of containerd's config.toml on one host; spec.containerd.config is merged over podstrap's. */
export function containerdConfig(input: HostInput): string {
  const config = {
    version: 3,
    plugins: {
      'io.containerd.cri.v1.images': { pinned_images: { sandbox: pauseImage(input.inventory) } },
      'io.containerd.cri.v1.runtime': {
        containerd: {
          runtimes: {
            runc: {
              runtime_type: 'io.containerd.runc.v2',
              options: { SystemdCgroup: usesSystemdCgroups(kubeletConfig(input)) },
            },
          },
        },
      },
    },
  };
  const merged = mergePatch(config, input.inventory.spec.containerd.config);
  return `${stringify(sorted(merged) as Record<string, unknown>)}`;
}

/** The text of containerd.service on one host. */
export function containerdUnit(input: HostInput): string {
  const environment = proxyVariables(input).map(({ name, value }) => `${name}=${value}`);
  return overrideUnit(render('containerd.service', { environment }), input.inventory.spec.containerd.unit);
}
