import { Failure } from '../failure.js';
import { paths } from '../host/paths.js';
import { at } from '../host/shell.js';
import { certificateBlocks } from '../pki/x509/pem-blocks.js';
import type { Transport } from '../transport/transport.js';
import { rootOf } from './probe/parse-probe.js';
import { askSections } from './sections.js';
import { patterns } from './told.js';

/** A certificate as it lies on a host. Never the key beside it. */
export interface FoundCertificate {
  readonly path: string;
  /** Which one, in a kubeconfig: its user's, or the authority that it trusts. */
  readonly part?: 'client' | 'authority';
  readonly pem: string;
}

/** Where the kubelet keeps its own: those it had signed by the cluster, and the one it signs itself. */
const kubeletPki = '/var/lib/kubelet/pki';

/**
 * Prints certificates, and of the files that hold a key as well only the certificate. The dated files of the kubelet are
 * left out: what it uses, it links as NAME-current.pem.
 */
const script = (more: readonly string[]): string => `
exec 2>/dev/null
t host; echo "root $R"
show() { t pem "$1"; sed -n '/^-----BEGIN CERTIFICATE-----/,/^-----END CERTIFICATE-----/p' "$1" | base64; }
value() { t "$2" "$1"; sed -n "s/^[ -]*$3:[^A-Za-z0-9]*\\([A-Za-z0-9+/=]*\\).*/\\1/p" "$1"; }
find "$R${paths.pki}" "$R${kubeletPki}" ! -type d | sort | while IFS= read -r f; do
  case "$f" in *-[0-9][0-9][0-9][0-9]-[0-9][0-9]-*) ;; *.crt|*.pem) show "$f";; esac; done
for f in ${more.map(at).join(' ')}; do [ -f "$f" ] && show "$f"; done
for f in "$R${paths.kubernetes}"/*.conf; do [ -f "$f" ] || continue
  value "$f" client client-certificate-data; value "$f" authority certificate-authority-data; done
t end
`;

/** Files of the kubelet's own have names that it chose. */
const isTitle = (title: string): boolean =>
  title === 'host' || title === 'end' || /^(pem|client|authority) \//.test(title);

/**
 * Every certificate on a host: below /etc/kubernetes/pki, in its kubeconfigs, and the kubelet's own.
 * @param more further files that may hold certificates
 * @throws Failure `internal` when the output is not whole
 */
export async function findCertificates(
  transport: Transport,
  more: readonly string[] = [],
): Promise<readonly FoundCertificate[]> {
  const asked = { script: script(more), timeoutMs: 60_000 };
  const { code, stdout, stderr, all } = await askSections(transport, asked, isTitle);
  if (code !== 0 || !all.has('end'))
    throw new Failure({
      kind: 'internal',
      doing: 'Reading the certificates on the host',
      where: { host: transport.host },
      said: `exit code ${code}: ${(stderr || stdout.slice(-200)).trim()}`,
      next: 'Log in and check that /bin/sh runs scripts without printing text of its own.',
    });
  const root = rootOf((all.get('host')?.[0] ?? '').slice('root '.length));
  return [...all].flatMap(([title, lines]) => {
    const [kind, path] = /^(pem|client|authority) (.*)$/.exec(title)?.slice(1) ?? [];
    if (kind === undefined || path === undefined || !patterns.path.test(path)) return [];
    const place = { path: path.slice(root.length), ...(kind === 'pem' ? {} : { part: kind as 'client' }) };
    const text = lines.map((line) => Buffer.from(line, 'base64').toString('utf8')).join('');
    return certificateBlocks(text).map((pem) => ({ ...place, pem }));
  });
}
