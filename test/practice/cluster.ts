import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pack } from 'tar-stream';
import { type HttpClient, type HttpRequest, httpClient } from '../../src/cluster/http.js';
import { desired } from '../../src/desired/desired.js';
import type { DesiredHost } from '../../src/desired/resource.js';
import { settledAtBirth } from '../../src/desired/settled.js';
import type { CertifiedKey, Keys } from '../../src/pki/keys.js';
import { openKeystore } from '../../src/pki/store/keystore.js';
import type { Pace } from '../../src/practice/pace.js';
import { type PracticeSite, startPracticeSite } from '../../src/practice/practice-site.js';
import { reveal } from '../../src/secret.js';
import type { Transport } from '../../src/transport/transport.js';
import { controlPlane, inventoryOf } from '../desired/inventory-of.js';
import { type Client, login } from './client.js';
import { ociImage } from './oci-image.js';

/** A practice site with everything on it that podstrap would bring, put there by hand. */
export interface PracticeCluster {
  readonly site: PracticeSite;
  readonly keys: Keys;
  readonly clients: ReadonlyMap<string, Client>;
  /** Runs a script on a host; any exit code but 0 is an error. */
  run(host: string, script: string, stdin?: string): Promise<string>;
  /** Runs a condition on a host until it holds. */
  eventually(host: string, condition: string): Promise<void>;
  /** A host whose ssh was lost, after it is back. */
  logInAgain(host: string): Promise<void>;
  /** A request to a host's API server, as podstrap's own client or another one. */
  api(host: string, request: HttpRequest, as?: CertifiedKey): Promise<{ status: number; body: unknown }>;
  /** A request to a host's etcd gateway. */
  etcd(host: string, path: string, body?: object): Promise<{ status: number; body: Record<string, unknown> }>;
  /** An unauthenticated GET from the host; status 0 when nothing answers. */
  health(host: string, url: string): Promise<number>;
  close(): Promise<void>;
}

const binaries = ['kubelet', 'containerd', 'ctr'].map((name) => `/usr/local/bin/${name}`);

export async function practiceCluster(size: number, pace: Partial<Pace> = {}): Promise<PracticeCluster> {
  const directory = mkdtempSync(join(tmpdir(), 'practice-'));
  const planes = Array.from({ length: size }, (_, index) => controlPlane(index + 1));
  const site = await startPracticeSite({ directory, hosts: planes, pace });
  const inventory = inventoryOf({
    kubernetesVersion: 'v1.36.3',
    encryptionAlgorithm: 'ECDSA-P256',
    hosts: planes,
  });
  const { keys } = await openKeystore({
    directory: join(directory, 'operator'),
    inventory,
    now: new Date(),
  });
  const settled = settledAtBirth(inventory, keys.clusterId);
  const wanted = desired({ inventory, keys, artifacts: [], settled, traits: {} });
  const clients = new Map<string, Client>();
  for (const { name } of planes) clients.set(name, await login(site.host(name), site.identityFile));
  const run = async (host: string, script: string, stdin: string | Uint8Array = ''): Promise<string> => {
    const { code, stdout, stderr } = await clients.get(host)!.run(script, stdin);
    if (code !== 0) throw new Error(`exit code ${code}: ${stderr}`);
    return stdout.trimEnd();
  };
  for (const host of wanted.hosts) {
    await run(host.host, 'tar -xf - -C "$R/"', await tarOf(host));
    await run(host.host, 'systemctl enable -q --now containerd');
    for (const ref of imagesOf(host))
      await run(host.host, 'ctr -n k8s.io images import - >/dev/null', (await ociImage(ref)).tar);
  }
  await Promise.all(planes.map(({ name }) => run(name, 'systemctl enable -q --now kubelet')));
  const transportOf = (host: string) =>
    ({ host, open: (address: string, port: number) => clients.get(host)!.open(address, port) }) as Transport;
  const once = async (client: HttpClient, request: HttpRequest) => {
    try {
      return await client.request(request);
    } finally {
      client.close();
    }
  };
  return {
    site,
    keys,
    clients,
    run,
    eventually: async (host, condition) => {
      await run(host, `n=0; until ${condition}; do n=$((n+1)); [ $n -lt 300 ] || exit 1; sleep 0.02; done`);
    },
    logInAgain: async (host) => {
      clients.set(host, await login(site.host(host), site.identityFile));
    },
    api: async (host, request, { certificate, key } = keys.operator['super-admin']) => {
      const { advertiseAddress } = site.host(host);
      const tls = { ca: keys.authorities.ca.certificate, certificate, key };
      const client = httpClient({ transport: transportOf(host), address: advertiseAddress, port: 6443, tls });
      const { status, body } = await once(client, request);
      return { status, body: body.startsWith('{') ? JSON.parse(body) : body };
    },
    etcd: async (host, path, body = {}) => {
      const { certificate, key } = keys.operator.etcd;
      const tls = { ca: keys.authorities['etcd-ca'].certificate, certificate, key };
      const client = httpClient({ transport: transportOf(host), address: '127.0.0.1', port: 2379, tls });
      const answer = await once(client, { method: 'POST', path: `/v3${path}`, body: JSON.stringify(body) });
      return { status: answer.status, body: JSON.parse(answer.body) };
    },
    health: async (host, url) => {
      const { protocol, hostname, port, pathname } = new URL(url);
      const client = httpClient({
        transport: transportOf(host),
        address: hostname,
        port: Number(port),
        ...(protocol === 'https:' ? { tls: {} } : {}),
      });
      return once(client, { method: 'GET', path: pathname }).then(
        ({ status }) => status,
        () => 0,
      );
    },
    close: async () => {
      for (const client of clients.values()) client.close();
      await site.close({ remove: true });
    },
  };
}

const imagesOf = ({ resources }: DesiredHost): string[] =>
  resources.flatMap((resource) =>
    resource.kind === 'static-pod' ? [/image: (\S+)/.exec(resource.content)![1]!] : [],
  );

async function tarOf({ resources }: DesiredHost): Promise<Buffer> {
  const tar = pack();
  const file = (path: string, mode: number, content: string) =>
    tar.entry({ name: path.slice(1), mode }, content);
  for (const path of binaries) file(path, 0o755, `${path} v1.36.3\n`);
  for (const resource of resources) {
    if (resource.kind === 'directory')
      tar.entry({ name: resource.path.slice(1), type: 'directory', mode: resource.mode });
    if (resource.kind === 'file') file(resource.path, resource.mode, reveal(resource.content));
    if (resource.kind === 'static-pod') {
      file(resource.path, resource.mode, resource.content);
      // The files that a manifest demands and nobody else brings: etcd's proof that it was born here.
      for (const [, path] of resource.content.matchAll(/path: (\S+)\n +type: File$/gm))
        file(path!, 0o600, 'practice\n');
    }
    if (resource.kind === 'certificate') {
      file(resource.path, resource.mode, resource.pem);
      if (resource.key) file(resource.key.path, resource.key.mode, reveal(resource.key.pem));
    }
  }
  tar.finalize();
  const parts: Buffer[] = [];
  for await (const part of tar) parts.push(part as Buffer);
  return Buffer.concat(parts);
}

/** Looks again until `look` is true; the deadline only ends a test that would hang. */
export async function until(look: () => Promise<boolean>): Promise<void> {
  const end = performance.now() + 20_000;
  while (!(await look())) {
    if (performance.now() > end) throw new Error('it did not come true within 20 s');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
