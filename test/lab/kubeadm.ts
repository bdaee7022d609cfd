import { copyFile, mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { dump } from 'js-yaml';
import { output } from './command.js';
import type { Lab } from './hosts.js';
import { kubeletOnTheseHosts, kubeProxyOnTheseHosts } from './inventory.js';

/** What `kubeadm init` prints for those who join, once read. */
export interface JoinTicket {
  readonly endpoint: string;
  readonly token: string;
  readonly caHash: string;
  readonly certificateKey: string;
}

/** Checks that these hosts fail although everything that matters works; see README.md. */
export const ignored = ['SystemVerification', 'Swap', 'FileExisting-losetup', 'Hostname'];
const certificateKey = '0123456789abcdef'.repeat(4); // 32 bytes; it protects nothing but a test's certificates

/**
 * Makes a host ready for kubeadm, as its handbook asks: binaries, containerd with all images in it, and the kubelet's
 * unit. None of it belongs to the time that kubeadm takes.
 */
export async function prepareForKubeadm(lab: Lab, host: string): Promise<void> {
  const dist = join(lab.settings.home, 'dist');
  await placeBinaries(lab, host, dist);
  await place(lab, host, '/etc/containerd/config.toml', containerdConfig);
  await place(lab, host, '/etc/systemd/system/containerd.service', containerdUnit);
  await place(lab, host, '/etc/systemd/system/kubelet.service', kubeletUnit);
  await lab.read(
    host,
    [
      'sysctl -qw net.ipv4.ip_forward=1',
      'systemctl daemon-reload',
      'systemctl --quiet enable --now containerd',
      'systemctl --quiet enable kubelet',
    ].join(' && '),
  );
  await importImages(lab, host, lab.settings.kubernetesVersion);
}

/** Every image that a control plane of this version needs, into a host's containerd. */
export async function importImages(lab: Lab, host: string, version: string): Promise<void> {
  for (const image of await wantedImages(join(lab.settings.home, 'dist'), version)) {
    const inside = `/var/lib/containerd/${basename(image)}`;
    await copyFile(image, lab.path(host, inside));
    await lab.read(host, `ctr -n k8s.io images import ${inside} && rm ${inside}`);
  }
}

/** `kubeadm init` on a prepared host, with its addons, which `podstrap up` brings as well. Returns what joining takes. */
export async function kubeadmInit(lab: Lab, host: string): Promise<JoinTicket> {
  const endpoint = `${addressOf(lab, host)}:6443`;
  await place(lab, host, '/root/init.yaml', documents(initConfiguration(lab, host, endpoint)));
  const said = await lab.read(
    host,
    `kubeadm init --config /root/init.yaml --upload-certs --ignore-preflight-errors=${ignored}`,
  );
  const token = /--token (\S+)/.exec(said)?.[1];
  const caHash = /--discovery-token-ca-cert-hash (\S+)/.exec(said)?.[1];
  if (token === undefined || caHash === undefined)
    throw new Error(`kubeadm init printed no way to join:\n${said}`);
  return { endpoint, token, caHash, certificateKey };
}

/** `kubeadm join` on a prepared host, as a control plane unless it is to be a worker. */
export async function kubeadmJoin(
  lab: Lab,
  host: string,
  ticket: JoinTicket,
  role: 'control-plane' | 'worker' = 'control-plane',
): Promise<void> {
  const { controlPlane, ...worker } = joinConfiguration(lab, host, ticket);
  const configuration = role === 'worker' ? worker : { ...worker, controlPlane };
  await place(lab, host, '/root/join.yaml', documents([configuration]));
  await lab.read(host, `kubeadm join --config /root/join.yaml --ignore-preflight-errors=${ignored}`);
}

const api = 'kubeadm.k8s.io/v1beta4';

function initConfiguration(lab: Lab, host: string, endpoint: string): object[] {
  const advertiseAddress = addressOf(lab, host);
  return [
    {
      apiVersion: api,
      kind: 'InitConfiguration',
      localAPIEndpoint: { advertiseAddress },
      nodeRegistration: { name: host },
      certificateKey,
    },
    {
      apiVersion: api,
      kind: 'ClusterConfiguration',
      kubernetesVersion: lab.settings.kubernetesVersion,
      controlPlaneEndpoint: endpoint,
    },
    {
      apiVersion: 'kubelet.config.k8s.io/v1beta1',
      kind: 'KubeletConfiguration',
      ...kubeletOnTheseHosts,
    },
    {
      apiVersion: 'kubeproxy.config.k8s.io/v1alpha1',
      kind: 'KubeProxyConfiguration',
      ...kubeProxyOnTheseHosts,
    },
  ];
}

const joinConfiguration = (lab: Lab, host: string, ticket: JoinTicket) => ({
  apiVersion: api,
  kind: 'JoinConfiguration',
  nodeRegistration: { name: host },
  discovery: {
    bootstrapToken: {
      token: ticket.token,
      apiServerEndpoint: ticket.endpoint,
      caCertHashes: [ticket.caHash],
    },
  },
  controlPlane: {
    localAPIEndpoint: { advertiseAddress: addressOf(lab, host) },
    certificateKey: ticket.certificateKey,
  },
});

const documents = (parts: readonly object[]): string => parts.map((part) => dump(part)).join('---\n');

function addressOf(lab: Lab, host: string): string {
  const found = lab.hosts.find(({ name }) => name === host);
  if (found === undefined) throw new Error(`no host ${host} in this lab`);
  return found.ip;
}

async function placeBinaries(lab: Lab, host: string, dist: string): Promise<void> {
  const kubernetes = join(dist, `kubernetes-${lab.settings.kubernetesVersion}`);
  for (const name of ['kubeadm', 'kubelet', 'kubectl'])
    await placeFile(lab, host, join(kubernetes, name), '/usr/local/bin');
  const plugins = ['bridge', 'loopback', 'host-local', 'portmap'];
  for (const folder of await readdir(dist)) {
    const name = folder.replace(/-v\d[^-]*$/, '');
    if (/^(containerd|ctr|runc)/.test(name))
      await placeFile(lab, host, join(dist, folder, name), '/usr/local/bin');
    if (plugins.includes(name)) await placeFile(lab, host, join(dist, folder, name), '/opt/cni/bin');
  }
}

async function placeFile(lab: Lab, host: string, file: string, folder: string): Promise<void> {
  const target = lab.path(host, join(folder, basename(file)));
  await mkdir(dirname(target), { recursive: true });
  await copyFile(file, target);
}

async function place(lab: Lab, host: string, path: string, content: string): Promise<void> {
  await mkdir(dirname(lab.path(host, path)), { recursive: true });
  await writeFile(lab.path(host, path), content);
}

/** The archives of the images that a control plane of this version needs. */
export async function wantedImages(dist: string, version: string): Promise<string[]> {
  const refs = await output(join(dist, `kubernetes-${version}`, 'kubeadm'), [
    ...['config', 'images', 'list', '--kubernetes-version', version],
  ]);
  return refs
    .trim()
    .split('\n')
    .map((ref) => join(dist, 'images', `${basename(ref).replace(':', '-')}.tar`));
}

const containerdConfig = `version = 3
[plugins.'io.containerd.cri.v1.runtime']
restrict_oom_score_adj = true
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc]
runtime_type = 'io.containerd.runc.v2'
[plugins.'io.containerd.cri.v1.runtime'.containerd.runtimes.runc.options]
SystemdCgroup = false
`;

const containerdUnit = `[Unit]
After=network.target
[Service]
Type=notify
ExecStart=/usr/local/bin/containerd
Delegate=yes
KillMode=process
Restart=always
LimitNOFILE=1048576
[Install]
WantedBy=multi-user.target
`;

/** kubeadm writes the files that this unit refers to; before that the kubelet fails and is started again. */
const kubeletUnit = `[Unit]
After=containerd.service
[Service]
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
ExecStart=/usr/local/bin/kubelet --bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf \\
  --kubeconfig=/etc/kubernetes/kubelet.conf --config=/var/lib/kubelet/config.yaml $KUBELET_KUBEADM_ARGS
Restart=always
RestartSec=10
[Install]
WantedBy=multi-user.target
`;
