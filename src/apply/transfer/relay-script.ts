import type { Blob } from '../../desired/artifact.js';
import { paths } from '../../host/paths.js';
import { word } from '../../host/shell.js';
import { fence } from '../scripts/fence.js';
import { shortCode, wrongDigestCode } from './receive-script.js';

/** What a host keeps for passing blobs on, in the folder of arrivals, is below a name that begins so. */
export const relayPrefix = 'relay-';

/** Ends the line of a key in authorized_keys, and tells whose it is. */
const mark = (run: string): string => `podstrap-relay:${run}`;

const folder = (run: string): string => `I="$R${paths.incoming}"; D="$I/${relayPrefix}${run}"`;

/** A host that may fetch blobs from another. */
export interface Admitted {
  /** Its IP addresses. */
  readonly addresses: readonly string[];
  /** Type and base64. */
  readonly publicKey: string;
}

/** A host to fetch blobs from. */
export interface Peer {
  readonly host: string;
  readonly address: string;
  readonly port: number;
  readonly user: string;
  /** Type and base64. */
  readonly hostKey: string;
}

/** What one host has to know for one run. */
export interface Post {
  readonly run: string;
  readonly lockId: string;
  /** Those it fetches from; with any, its private key comes on standard input. */
  readonly peers: readonly Peer[];
  readonly admitted: readonly Admitted[];
  /** Digests of what it hands out. */
  readonly handsOut: readonly string[];
  /** Seconds from now until the keys are worth nothing, however the run ends. */
  readonly lifetime: number;
}

/**
 * Whether root's files can be handed out to somebody who logs in as the operator does: as root, or as a user for whom
 * sudo asks no password. Cached passwords do not count: they end before the run does.
 */
export const canHandOutScript = `
u=\${SUDO_USER:-root}
[ "$u" = root ] || runuser -u "$u" -- sudo -k -n sh -c : </dev/null
`;

/**
 * The one program that a key of the run can start. Its argument is what the other side asked for: a digest of the list,
 * and the bytes of that blob it has already. Anything else gets nothing.
 */
export const handOut = (digests: readonly string[]): string => `d=\${1%% *}; n=\${1#* }
refuse() { echo 'blobs of this run are handed out here, and nothing else' >&2; exit 64; }
[ "$1" = "$d $n" ] || refuse
case $n in ''|*[!0-9]*|????????????????*) refuse;; esac
case $d in ${digests.length === 0 ? '-' : digests.join('|')}) ;; *) refuse;; esac
cd "\${0%/*}/blobs" && [ -f "$d" ] || { echo "$d is not here" >&2; exit 66; }
exec tail -c +$((\${n#\${n%%[1-9]*}} + 1)) "$d"
`;

/** Shell function `rewrite ADDITIONS`: authorized_keys without the lines of a run, and with others, in one rename. */
const rewriteFunction = `
rewrite() { t="$a.podstrap"; rm -f "$t"
  if [ -e "$a" ]; then cp -p "$a" "$t"; else : >"$t" && chown "$u" "$t"; fi || return 1
  { { [ ! -e "$a" ] || grep -av " $m\\$" "$a" || [ $? = 1 ]; } && { [ -z "$1" ] || printf '%s\\n' "$1"; }; } >"$t" && { sync "$t" 2>/dev/null || sync; } && mv -f "$t" "$a" ||
    { rm -f "$t"; return 1; }; }`;

/**
 * Makes a host ready to fetch from others and to be fetched from. The time at which keys end is the host's own, because
 * its sshd reads it so; see AUTHORIZED_KEYS in sshd(8).
 */
export function preparePostScript(post: Post): string {
  const { run, lockId, peers, admitted, handsOut, lifetime } = post;
  const known = peers.map(({ host, hostKey }) => `${host} ${hostKey}\n`).join('');
  const admit = ({ addresses, publicKey }: Admitted) =>
    `admit ${word(addresses.join(','))} ${word(`${publicKey} ${mark(run)}`)}`;
  return `${fence(lockId)}
${folder(run)}; mkdir -p "$D/blobs" && chmod 0700 "$I" "$D" "$D/blobs" || exit 1
${peers.length === 0 ? '' : `cat >"$D/key" && printf %s ${word(known)} >"$D/known_hosts" || exit 1`}
${admitted.length === 0 ? 'exit 0' : ''}
printf %s ${word(handOut(handsOut))} >"$D/hand-out" || exit 1
u=\${SUDO_USER:-root}; h=\${HOME:-"$R/root"}; s=
[ "$u" = root ] || { h=$(getent passwd "$u" | cut -d: -f6) && [ -d "$h" ] && s='sudo -n '; } || exit 1
[ -d "$h/.ssh" ] || { : >"$D/made-folder" && mkdir -m 0700 "$h/.ssh" && chown "$u" "$h/.ssh"; } || exit 1
a="$h/.ssh/authorized_keys"; [ ! -L "$a" ] || a=$(readlink -f "$a") || exit 1
until=$(date -d "@$(( $(date +%s) + ${lifetime} ))" +%Y%m%d%H%M%S) || exit 1
admit() { printf '%s\\n' "restrict,from=\\"$1\\",expiry-time=\\"$until\\",command=\\"\${s}sh $D/hand-out \\\\\\"\\$SSH_ORIGINAL_COMMAND\\\\\\"\\" $2"; }
m=${word(mark(run))}${rewriteFunction}
[ -e "$a" ] || : >"$D/made"
echo "$u $a" >"$D/keys" && rewrite "$(${admitted.map(admit).join('; ')})"
`;
}

const endFunction = `${rewriteFunction}
end_post() { ${folder('$1')}; [ -d "$D" ] || return 0; m="${mark('$1')}"
  if [ -e "$D/keys" ]; then read -r u a <"$D/keys"
    if [ -e "$a" ] && grep -aq " $m\\$" "$a"; then rewrite '' || return 1; fi
    [ ! -e "$D/made" ] || [ -s "$a" ] || rm -f "$a"
    [ ! -e "$D/made-folder" ] || rmdir "\${a%/*}" 2>/dev/null; fi
  rm -rf "$D"; }`;

/** Takes away all that runs left for passing blobs on: their keys, and the blobs that were kept for others. */
export const endPostScript = (runs: readonly string[]): string => `${endFunction}
c=0; for run in ${runs.map(word).join(' ')}; do end_post "$run" || c=1; done; exit "$c"
`;

/** The same for every run that has left anything, as part of a longer script: its variables are its own. */
export const endPostsScript = `( ${endFunction}
for p in "$R${paths.incoming}/${relayPrefix}"*; do [ ! -d "$p" ] || end_post "\${p##*/${relayPrefix}}"; done )`;

/** Keeps a blob that has arrived for those who will ask for it: installing or importing takes it away otherwise. */
export const keepScript = ({ sha256 }: Blob, run: string): string =>
  `${folder(run)}; ln -f "$I/${sha256}" "$D/blobs/${sha256}"`;

/** The slowest peer that is waited for, in bytes per second, after some patience for the login. */
const slowest = 256 << 10;
const patience = 60;

/**
 * Fetches a blob, or what is missing of it, from a peer. It takes its name only with the right digest; what came before
 * something broke is kept, and its length told as `@have BYTES`.
 */
export function fetchScript({ sha256, size }: Blob, peer: Peer, run: string, lockId: string): string {
  const options = [
    'BatchMode=yes',
    'IdentitiesOnly=yes',
    'IdentityAgent=none',
    'StrictHostKeyChecking=yes',
    'GlobalKnownHostsFile=/dev/null',
    'UpdateHostKeys=no',
    `HostKeyAlias=${peer.host}`,
    'ConnectTimeout=10',
    'ServerAliveInterval=15',
    'ServerAliveCountMax=3',
  ];
  const seconds = patience + Math.ceil(size / slowest);
  return `${fence(lockId)}
${folder(run)}; p="$I/${sha256}.part"
[ ! -e "$I/${sha256}" ] || mv -f "$I/${sha256}" "$p"
have() { stat -c %s "$p" 2>/dev/null || echo 0; }
if [ "$(have)" -lt ${size} ]; then
timeout ${seconds} ssh -F none -T -i "$D/key" -o UserKnownHostsFile="$D/known_hosts" ${options.map((option) => `-o ${word(option)}`).join(' ')} -p ${peer.port} -l ${word(peer.user)} ${word(peer.address)} "${sha256} $(have)" </dev/null >>"$p"
c=$?; [ "$(have)" -ge ${size} ] || { echo "exit code $c after $(have) of ${size} bytes" >&2; echo "@have $(have)"; exit ${shortCode}; }
fi
sum=$(sha256sum <"$p"); sum=\${sum%% *}
if [ "$sum" != ${sha256} ]; then rm -f "$p"; echo "received $sum, wanted ${sha256}" >&2; echo '@have 0'; exit ${wrongDigestCode}; fi
mv -f "$p" "$I/${sha256}"
`;
}
