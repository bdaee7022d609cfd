import { readFile } from 'node:fs/promises';
import { request } from 'node:https';
import type { Lab } from './hosts.js';

export interface EtcdMember {
  readonly name: string;
  readonly learner: boolean;
}

export interface EtcdMembership {
  readonly clusterId: string;
  readonly members: readonly EtcdMember[];
}

/** What etcd on a host says about its members, asked past podstrap with the key that kubeadm's health checks use. */
export async function etcdMembership(lab: Lab, host: string): Promise<EtcdMembership> {
  const answer = await ask<{
    header: { cluster_id: string };
    members: { name?: string; isLearner?: boolean }[];
  }>(lab, host, '/v3/cluster/member/list');
  return {
    clusterId: answer.header.cluster_id,
    members: answer.members
      .map((member) => ({ name: member.name ?? '', learner: member.isLearner ?? false }))
      .sort((a, b) => a.name.localeCompare(b.name)),
  };
}

/** The version that the member on a host says it is. */
export const etcdVersion = async (lab: Lab, host: string): Promise<string> =>
  (await ask<{ version: string }>(lab, host, '/v3/maintenance/status')).version;

/** The name of the member that the one on a host takes for the leader. */
export async function etcdLeader(lab: Lab, host: string): Promise<string> {
  const { leader } = await ask<{ leader: string }>(lab, host, '/v3/maintenance/status');
  const { members } = await ask<{ members: { ID: string; name: string }[] }>(
    lab,
    host,
    '/v3/cluster/member/list',
  );
  const found = members.find(({ ID }) => ID === leader);
  if (found === undefined) throw new Error(`etcd on ${host} knows no leader`);
  return found.name;
}

async function ask<T>(lab: Lab, host: string, path: string): Promise<T> {
  const pki = '/etc/kubernetes/pki/etcd';
  const [ca, cert, key] = await Promise.all(
    ['ca.crt', 'healthcheck-client.crt', 'healthcheck-client.key'].map((name) =>
      readFile(lab.path(host, `${pki}/${name}`)),
    ),
  );
  const address = lab.hosts.find(({ name }) => name === host)!.ip;
  return JSON.parse(await post(`https://${address}:2379${path}`, { ca, cert, key })) as T;
}

type Credentials = Readonly<Record<'ca' | 'cert' | 'key', Buffer | undefined>>;

function post(url: string, { ca, cert, key }: Credentials): Promise<string> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { method: 'POST', ca, cert, key, timeout: 10_000 }, (response) => {
      let text = '';
      response.setEncoding('utf8').on('data', (chunk: string) => {
        text += chunk;
      });
      response.on('end', () =>
        response.statusCode === 200
          ? resolve(text)
          : reject(new Error(`${url}: ${response.statusCode} ${text}`)),
      );
    });
    sent.on('timeout', () => sent.destroy(new Error(`${url}: no answer in 10 s`)));
    sent.on('error', reject);
    sent.end('{}');
  });
}
