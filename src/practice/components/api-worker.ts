import { parseKubeconfig } from '../kubeconfig.js';
import { type Component, type ComponentContext, Crash, required } from './component.js';
import { electLeader } from './leader-election.js';
import { selfSigned } from './self-signed.js';
import { acceptTls } from './tls-acceptor.js';

/** A component that works through the API and tells over HTTPS how it is: controller-manager and scheduler. */
export interface WorkerKind {
  readonly name: string;
  readonly port: number;
  readonly healthPaths: readonly string[];
  /** Flags that name files which must be there. */
  readonly files: readonly string[];
}

/** @throws Crash in the component's words when it would not start */
export function startWorker(kind: WorkerKind, context: ComponentContext): Component {
  const { flags, host, network, pace } = context;
  for (const name of kind.files) {
    const path = flags.get(name);
    if (path) context.read(path);
  }
  const path = required(flags, 'kubeconfig');
  const kubeconfig = parseKubeconfig(context.read(path), path, (file) => context.read(file));
  let isReady = false;
  const listener = acceptTls(
    () => ({ ...selfSigned(), clients: 'ask' }),
    (request, response) => {
      const isKnown = kind.healthPaths.includes(request.url?.split('?')[0] ?? '');
      const isWell = isReady && !context.fault().neverReady;
      response.writeHead(isKnown ? (isWell ? 200 : 500) : 404).end(isKnown && isWell ? 'ok' : 'not ok');
    },
  );
  let close: () => void;
  try {
    const port = Number(flags.get('secure-port') ?? kind.port);
    close = network.listen(host, flags.get('bind-address') ?? '0.0.0.0', port, kind.name, listener);
  } catch (error) {
    throw new Crash(`failed to create listener: ${(error as Error).message}`);
  }
  context.after(pace.ready, () => {
    isReady = true;
    if (flags.get('leader-elect') !== 'false') electLeader(context, kubeconfig, kind.name);
  });
  return { stop: close };
}

export const controllerManager: WorkerKind = {
  name: 'kube-controller-manager',
  port: 10257,
  healthPaths: ['/healthz'],
  files: [
    'authentication-kubeconfig',
    'authorization-kubeconfig',
    'client-ca-file',
    'cluster-signing-cert-file',
    'cluster-signing-key-file',
    'requestheader-client-ca-file',
    'root-ca-file',
    'service-account-private-key-file',
  ],
};

export const scheduler: WorkerKind = {
  name: 'kube-scheduler',
  port: 10259,
  healthPaths: ['/healthz', '/livez', '/readyz'],
  files: ['authentication-kubeconfig', 'authorization-kubeconfig'],
};
