import { bracket } from '../../host/bracket.js';
import { loopbackFor } from '../../host/network.js';
import { apiServerOn } from '../../inventory/inventory.js';
import { lastValue } from '../../kubernetes/flags.js';
import type { HostInput } from '../host-input.js';
import type { Values } from '../templates.js';
import { caVolumes } from './ca-volumes.js';

/** What templates/kube-apiserver.yaml.hbs is filled with. */
export function apiServerValues({ inventory, host, traits, checksKubelets }: HostInput): Values {
  const { apiServer, etcd, networking } = inventory.spec;
  const { advertiseAddress } = host;
  const localEtcd = `https://${bracket(loopbackFor(advertiseAddress))}:2379`;
  return {
    advertiseAddress,
    advertiseEndpoint: apiServerOn(inventory, host),
    bindPort: apiServer.bindPort,
    // The two ways of configuring authorization exclude each other.
    authorizationMode: lastValue(apiServer.extraArgs, 'authorization-config') === undefined,
    checksKubelets,
    etcdServers: lastValue(etcd.local.extraArgs, 'advertise-client-urls') ?? localEtcd,
    issuer: `https://kubernetes.default.svc.${networking.dnsDomain}`,
    serviceSubnet: networking.serviceSubnet,
    caDirectories: caVolumes(traits),
    probeHost: advertiseAddress,
  };
}
