import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { load } from 'js-yaml';
import { httpClient } from '../../src/cluster/http.js';
import { Secret } from '../../src/secret.js';
import type { Transport } from '../../src/transport/transport.js';
import { login } from '../practice/client.js';
import type { World } from './world.js';

interface Kubeconfig {
  readonly clusters: readonly { readonly cluster: Readonly<Record<string, string>> }[];
  readonly users: readonly { readonly user: Readonly<Record<string, string>> }[];
}

/** The API server of one practice host, as the administrator's kubeconfig reaches it. */
export interface Api {
  /** @returns status and parsed body */
  call(
    method: 'GET' | 'POST' | 'PATCH' | 'DELETE',
    path: string,
    body?: object,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Body of GET `path` as it came. */
  read(path: string): Promise<{ status: number; body: string }>;
  close(): void;
}

export async function apiOf(world: World, name: string): Promise<Api> {
  const text = await readFile(join(world.state, 'kubeconfig'), 'utf8');
  const { clusters, users } = load(text) as Kubeconfig;
  const pem = (value: string | undefined) => Buffer.from(value ?? '', 'base64').toString();
  const { user } = users[0]!;
  const ssh = await login(world.site.host(name), world.site.identityFile);
  const transport = { host: name, open: ssh.open } as unknown as Transport;
  const http = httpClient({
    transport,
    address: world.site.host(name).advertiseAddress,
    port: 6443,
    tls: {
      ca: pem(clusters[0]!.cluster['certificate-authority-data']),
      certificate: pem(user['client-certificate-data']),
      key: new Secret(pem(user['client-key-data'])),
    },
  });
  return {
    call: async (method, path, body) => {
      const answer = await http.request({
        method,
        path,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
        contentType: method === 'PATCH' ? 'application/merge-patch+json' : 'application/json',
      });
      return { status: answer.status, body: JSON.parse(answer.body) as Record<string, unknown> };
    },
    read: (path) => http.request({ method: 'GET', path }),
    close: () => {
      http.close();
      ssh.close();
    },
  };
}
