import type { CertifiedKey } from '../../pki/keys.js';
import { Secret } from '../../secret.js';
import { render } from '../templates.js';

export interface KubeconfigInput {
  /** host:port of the API server, IPv6 in brackets. */
  readonly endpoint: string;
  /** What the server’s certificate is to be for, where that is not the endpoint’s host. */
  readonly serverName?: string;
  readonly cluster: string;
  readonly user: string;
  /** PEM of the cluster's authority. */
  readonly authority: string;
  readonly client: CertifiedKey;
}

/** A kubeconfig in which everything is embedded, as kubeadm writes it. */
export function kubeconfig({
  endpoint,
  serverName = '',
  cluster,
  user,
  authority,
  client,
}: KubeconfigInput): Secret {
  const base64 = (text: string) => Buffer.from(text).toString('base64');
  return new Secret(
    render('kubeconfig.yaml', {
      server: `https://${endpoint}`,
      serverName,
      cluster,
      user,
      context: `${user}@${cluster}`,
      authority: base64(authority),
      certificate: base64(client.certificate),
      key: base64(client.key.reveal()),
    }),
  );
}
