import { bracket } from '../../host/bracket.js';
import { loopbackFor } from '../../host/network.js';
import { paths } from '../../host/paths.js';
import { lastValue } from '../../kubernetes/flags.js';
import { etcdUserOf } from '../hardening/etcd-user.js';
import type { HostInput } from '../host-input.js';
import { etcdHasFeatureGates } from '../images.js';
import type { DirectoryResource } from '../resource.js';
import { birthOf, peerUrl } from '../settled.js';
import type { Values } from '../templates.js';
import { etcdMarkerPath } from './etcd-marker.js';

/** What templates/etcd.yaml.hbs is filled with. */
export function etcdValues(input: HostInput): Values {
  const { inventory, host, settled } = input;
  const { dataDir, extraArgs } = inventory.spec.etcd.local;
  const loopback = bracket(loopbackFor(host.advertiseAddress));
  const clientUrl = `https://${bracket(host.advertiseAddress)}:2379`;
  const metricsUrl = `http://${loopback}:2381`;
  const { initialCluster, state } = birthOf(settled, host);
  const user = etcdUserOf(input);
  return {
    pairs: user === undefined ? `${paths.pki}/etcd` : paths.etcdPairs,
    user: user ?? false,
    nodeName: host.name,
    dataDir,
    marker: etcdMarkerPath(inventory, { initialCluster, state }),
    clientUrl,
    peerUrl: peerUrl(host),
    listenClientUrls: `https://${loopback}:2379,${clientUrl}`,
    metricsUrl,
    initialCluster,
    joined: state === 'existing',
    featureGates: etcdHasFeatureGates(inventory),
    ...probeOf(lastValue(extraArgs, 'listen-metrics-urls') ?? metricsUrl, metricsUrl),
  };
}

/** The folder of its data. It goes to another user together with the pod, while that is stopped: see own-data-script.ts. */
export function etcdData(input: HostInput): Pick<DirectoryResource, 'path' | 'mode' | 'owner' | 'because'> {
  const owner = etcdUserOf(input);
  return {
    path: input.inventory.spec.etcd.local.dataDir,
    mode: 0o700,
    ...(owner === undefined ? {} : { owner }),
    because: 'spec.etcd.local.dataDir',
  };
}

/** Where etcd answers probes: the first of its metrics URLs. What is no URL leaves the probe at the default. */
function probeOf(urls: string, fallback: string): Values {
  const first = urls.split(',')[0]!;
  const url = new URL(URL.canParse(first) ? first : fallback);
  return {
    probeScheme: url.protocol === 'https:' ? 'HTTPS' : 'HTTP',
    probeHost: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    probePort: url.port === '' ? 2381 : Number(url.port),
  };
}
