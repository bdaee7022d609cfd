import { execFileSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { canonicalYaml } from '../../src/desired/canonical-yaml.js';
import type { DesiredInput } from '../../src/desired/desired-input.js';
import { clusterConfiguration } from '../../src/desired/objects/cluster-configuration.js';

/** $KUBEADM, or the one that the lab built; undefined where there is neither. */
export function findKubeadm(env = process.env): string | undefined {
  const lab = env.LAB_HOME ?? join(homedir(), '.cache/podstrap-lab');
  return [env.KUBEADM ?? '', join(lab, 'dist/kubernetes-v1.36.3/kubeadm')].find(
    (path) => path && existsSync(path),
  );
}

/** `vX.Y.Z` of a kubeadm. */
export const versionOf = (kubeadm: string): string =>
  execFileSync(kubeadm, ['version', '-o', 'short'], { encoding: 'utf8' }).trim();

/** The images that a kubeadm wants for a release, in its order. */
export const imagesOf = (kubeadm: string, version: string): readonly string[] =>
  execFileSync(kubeadm, ['config', 'images', 'list', '--kubernetes-version', version], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  })
    .trim()
    .split('\n');

/** A file that kubeadm wrote. */
export interface Written {
  readonly mode: number;
  readonly content: string;
}

export interface KubeadmRun {
  readonly input: DesiredInput;
  /** Directories that exist on the host. */
  readonly directories?: readonly string[];
  /** Environment of kubeadm; it copies proxies from there. */
  readonly env?: Readonly<Record<string, string>>;
  /** Make all certificates, then take the authority's key away. */
  readonly externalAuthority?: boolean;
  /** Make certificates and kubeconfigs as well, which takes longer. */
  readonly certificates?: boolean;
}

/**
 * What `kubeadm init phase …` writes for the first host of an inventory: path → file. kubeadm changes its root to a
 * folder of its own before it looks at anything, so that nothing outside of that is touched.
 */
export function kubeadmFiles(kubeadm: string, run: KubeadmRun): ReadonlyMap<string, Written> {
  const root = mkdtempSync(join(tmpdir(), 'podstrap-kubeadm-'));
  try {
    for (const directory of ['/kubelet', '/patches', ...(run.directories ?? [])])
      mkdirSync(join(root, directory), { recursive: true });
    writeFileSync(join(root, 'kubeadm.yaml'), configuration(run));
    run.input.inventory.patches.forEach(({ target, type, content }, n) => {
      writeFileSync(join(root, `patches/${target}${n}+${type}.yaml`), canonicalYaml(content));
    });
    // The phases only warn of a field that they do not know; this refuses it.
    execFileSync(kubeadm, ['config', 'validate', '--config', join(root, 'kubeadm.yaml')], { stdio: 'pipe' });
    const phase = (...words: string[]) => init(kubeadm, root, words, run.env ?? {});
    if (run.certificates || run.externalAuthority) {
      phase('certs', 'all');
      phase('kubeconfig', 'all');
    }
    if (run.externalAuthority) rmSync(join(root, 'etc/kubernetes/pki/ca.key'));
    phase('control-plane', 'all');
    phase('etcd', 'local');
    phase('kubelet-start', '--dry-run');
    return filesBelow(root);
  } finally {
    rmSync(root, { recursive: true });
  }
}

function init(
  kubeadm: string,
  root: string,
  phase: readonly string[],
  env: Readonly<Record<string, string>>,
) {
  const args = ['--rootfs', root, 'init', 'phase', ...phase, '--config', '/kubeadm.yaml'];
  // Changing the root takes a privilege; others have it in a user namespace of their own.
  const [program, words] = process.getuid?.() === 0 ? [kubeadm, args] : ['unshare', ['-r', kubeadm, ...args]];
  execFileSync(program, words, {
    env: { PATH: process.env.PATH, KUBEADM_INIT_DRYRUN_DIR: '/kubelet', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function configuration({ input }: KubeadmRun): string {
  const { spec, patches } = input.inventory;
  const [host] = spec.hosts;
  const init = {
    apiVersion: 'kubeadm.k8s.io/v1beta4',
    kind: 'InitConfiguration',
    localAPIEndpoint: { advertiseAddress: host!.advertiseAddress, bindPort: spec.apiServer.bindPort },
    nodeRegistration: { name: host!.name, kubeletExtraArgs: spec.kubelet.extraArgs },
    timeouts: { controlPlaneComponentHealthCheck: spec.timeouts.controlPlaneComponentHealthCheck },
    ...(patches.length === 0 ? {} : { patches: { directory: '/patches' } }),
  };
  const kubelet = {
    apiVersion: 'kubelet.config.k8s.io/v1beta1',
    kind: 'KubeletConfiguration',
    ...spec.kubelet.config,
  };
  return [init, clusterConfiguration(input), kubelet].map(canonicalYaml).join('---\n');
}

const filesBelow = (root: string): ReadonlyMap<string, Written> =>
  new Map(
    readdirSync(root, { recursive: true, encoding: 'utf8' })
      .filter((path) => statSync(join(root, path)).isFile())
      .map((path) => {
        const { mode } = statSync(join(root, path));
        return [`/${path}`, { mode: mode & 0o7777, content: readFileSync(join(root, path), 'utf8') }];
      }),
  );
