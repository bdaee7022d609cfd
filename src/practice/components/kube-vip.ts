import { type Kubeconfig, parseKubeconfig } from '../kubeconfig.js';
import { type Component, type ComponentContext, Crash, endpointOfUrl } from './component.js';
import { releaseLease, tryLease } from './leader-election.js';
import { acceptHttp } from './tls-acceptor.js';

/** Where it looks for its kubeconfig. */
const kubeconfigPath = '/etc/kubernetes/admin.conf';
const taken = '/run/practice/taken';
/** Its lease lives that much longer than those of others here: each loss is a restart, also where only this machine is busy. */
const patience = 10;
/** Renewals in that life, and the part of it after which a holder that cannot renew gives up. */
const turns = 40;
const deadline = 0.7;

/**
 * What holds a virtual address: it has the address while it has the lease, leaves it when it is told to end, and ends
 * itself when it cannot renew. One that is killed leaves the address on the interface, as the real one does.
 * @throws Crash when it would not start
 */
export function startKubeVip(context: ComponentContext): Component {
  const { host, network, pace, now } = context;
  const { files } = host;
  const settings = readSettings(context);
  const { address, identity, lease, kubeconfig } = settings;
  const has = () => files.read(taken)?.trim() === address;
  const drop = () => files.remove(taken);
  drop();
  const { address: at, port } = settings.metrics;
  const listener = acceptHttp((request, response) =>
    response.writeHead(request.url === '/metrics' && !context.fault().neverReady ? 200 : 503).end(),
  );
  let close: () => void;
  try {
    close = network.listen(host, at, port, 'kube-vip', listener);
  } catch (error) {
    throw new Crash(`prometheus HTTP server: ${(error as Error).message}`);
  }
  const life = pace.lease * patience;
  let renewed = Number.NEGATIVE_INFINITY;
  const turn = () => {
    if (tryLease(context, kubeconfig, lease, identity, life)) {
      renewed = now();
      if (!has()) {
        files.write(taken, `${address}\n`);
        network.share(address.split('/')[0]!, host, has);
      }
    } else if (has() && now() - renewed > life * deadline) {
      drop();
      context.crash('lost leadership, restarting kube-vip');
      return;
    }
    context.after(life / turns, turn);
  };
  context.after(pace.ready, turn);
  return {
    terminate: () => {
      releaseLease(context, kubeconfig, lease, identity);
      drop();
    },
    stop: close,
  };
}

interface Settings {
  /** With its prefix. */
  readonly address: string;
  readonly identity: string;
  readonly lease: string;
  readonly kubeconfig: Kubeconfig;
  readonly metrics: { readonly address: string; readonly port: number };
}

/** @throws Crash for what it would not start with, and for a mode that this stand-in does not know */
function readSettings({ env, read }: ComponentContext): Settings {
  const one = (name: string): string => {
    const value = env.get(name);
    if (value === undefined || value === '') throw new Crash(`${name} is not set`);
    return value;
  };
  for (const mode of ['vip_arp', 'cp_enable', 'vip_leaderelection'])
    if (one(mode) !== 'true') throw new Crash(`no features are enabled: ${mode} is ${one(mode)}`);
  if (one('vip_interface') !== 'eth0')
    throw new Crash(`${one('vip_interface')} is not valid interface, reason: Link not found`);
  if (one('cp_namespace') !== 'kube-system') throw new Crash('cp_namespace is not kube-system');
  const own = parseKubeconfig(read(kubeconfigPath), kubeconfigPath, read);
  return {
    address: `${one('address')}/${one('vip_subnet')}`,
    identity: one('vip_nodename'),
    lease: one('vip_leasename'),
    kubeconfig: { ...own, server: one('kubernetes_addr') },
    metrics: endpointOfUrl(`http://${one('prometheus_server')}`),
  };
}
