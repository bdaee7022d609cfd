import { bracket } from '../../host/bracket.js';
import { loopbackFor } from '../../host/network.js';
import { lastValue } from '../../kubernetes/flags.js';
import type { HostInput } from '../host-input.js';
import { etcdHasFeatureGates } from '../images.js';
import { birthOf, peerUrl } from '../settled.js';
import type { Values } from '../templates.js';
import { etcdMarkerPath } from './etcd-marker.js';

/** What templates/etcd.yaml.hbs is filled with. */
export function etcdValues({ inventory, host, settled }: HostInput): Values {
  const { dataDir, extraArgs } = inventory.spec.etcd.local;
  const loopback = bracket(loopbackFor(host.advertiseAddress));
  const clientUrl = `https://${bracket(host.advertiseAddress)}:2379`;
  const metricsUrl = `http://${loopback}:2381`;
  const { initialCluster, state } = birthOf(settled, host);
  return {
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
