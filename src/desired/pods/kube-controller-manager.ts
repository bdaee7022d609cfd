import { lastValue } from '../../kubernetes/flags.js';
import type { HostInput } from '../host-input.js';
import type { Values } from '../templates.js';
import { boundHost } from './bind-address.js';
import { caVolumes } from './ca-volumes.js';

const flexVolumeDirectory = '/usr/libexec/kubernetes/kubelet-plugins/volume/exec';

/** What templates/kube-controller-manager.yaml.hbs is filled with. */
export function controllerManagerValues({ inventory, release, keys, traits }: HostInput): Values {
  const { controllerManager, networking, clusterName } = inventory.spec;
  const { extraArgs } = controllerManager;
  return {
    clusterName,
    // Where podstrap connects the pods it has given every host its part, in a record that outlives the API.
    allocates: networking.plugin !== 'routes',
    podSubnet: networking.podSubnet ?? '',
    serviceSubnet: networking.serviceSubnet,
    // Without the authority's key there is nothing to sign with; empty flags keep the signing controllers off.
    signs: keys.authorities.ca.key !== undefined,
    flexVolumeDir: release.behaviour.flexVolumes
      ? (lastValue(extraArgs, 'flex-volume-plugin-dir') ?? flexVolumeDirectory)
      : '',
    caDirectories: caVolumes(traits),
    probeHost: boundHost(extraArgs),
  };
}
