import { paths } from '../host/paths.js';
import { at } from '../host/shell.js';
import type { Transport } from '../transport/transport.js';
import { noteApiPort, type Session } from './session.js';

/** Asks a control plane where its API server listens by the manifest that is there. @returns true when that is elsewhere than was thought */
export async function lookAtApiPort(session: Session, transport: Transport): Promise<boolean> {
  const before = session.apiPorts.get(transport.host);
  const manifest = `${paths.manifests}/kube-apiserver.yaml`;
  const { stdout } = await transport.exec({
    script: `grep -o -e '--secure-port=[0-9]*' ${at(manifest)} 2>/dev/null; exit 0`,
    timeoutMs: 30_000,
  });
  noteApiPort(session, transport.host, apiPortIn(stdout.split('\n')[0]!));
  return session.apiPorts.get(transport.host) !== before;
}

const apiPortIn = (flag: string): number | undefined => {
  const port = Number(/^--secure-port=(\d{1,5})$/.exec(flag)?.[1]);
  return port > 0 && port < 65_536 ? port : undefined;
};
