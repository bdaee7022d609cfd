import { randomBytes } from 'node:crypto';
import { Failure } from '../failure.js';
import { paths } from '../host/paths.js';
import { word } from '../host/shell.js';
import { isGone, type ProcessIdentity, thisProcess } from '../process-identity.js';
import type { Transport } from '../transport/transport.js';

/** Who holds a host's lock. One line in a file: id, then the rest for people. */
export interface LockHolder {
  /** One word, unique; a script whose id is not the one in the file changes nothing. See newLockId. */
  readonly id: string;
  /** user@machine, and the command. */
  readonly owner: string;
}

/** Seconds without a sign of life after which a lock may be taken over. */
export const lockLifetime = 120;
/** Seconds between two signs of life. */
export const heartbeat = 20;

const heldCode = 76;

/** An id for the lock of this process: random, and telling on its own machine whether the process is still there. */
export const newLockId = (): string =>
  `${randomBytes(8).toString('hex')}.${Buffer.from(JSON.stringify(thisProcess())).toString('base64url')}`;

/** True when the run behind an id ran on this machine and has ended, such as by SIGKILL. */
function isDead(id: string): boolean {
  try {
    return isGone(JSON.parse(Buffer.from(id.split('.')[1] ?? '', 'base64url').toString()) as ProcessIdentity);
  } catch {
    return false;
  }
}

/**
 * Takes the lock unless another living run has it. noclobber makes the creation atomic.
 * @param dead id of a run that is known to have ended
 */
const takeScript = ({ id, owner }: LockHolder, dead: string): string => `
umask 077; mkdir -p "$R${paths.podstrap}" || exit 1; l="$R${paths.lock}"
line=${word(`${id} ${owner}`)}
if (set -C; echo "$line" >"$l") 2>/dev/null; then exit 0; fi
[ -e "$l" ] || { echo "$line" >"$l"; exit; }
read -r have rest <"$l"; age=$(( $(date +%s) - $(stat -c %Y "$l") ))
[ "$have" = ${word(id)} ] && { touch "$l"; exit 0; }
if [ "$age" -gt ${lockLifetime} ] || [ "$have" = ${word(dead === '' ? '-' : dead)} ]; then echo "$line" >"$l.$$" && mv -f "$l.$$" "$l" && read -r have _ <"$l" && [ "$have" = ${word(id)} ] && exit 0; fi
echo "$age $have $rest"; exit ${heldCode}
`;

const dropScript = (id: string): string =>
  `l="$R${paths.lock}"; [ -e "$l" ] && read -r have _ <"$l" && [ "$have" = ${word(id)} ] && rm -f "$l"; exit 0`;

const beatScript = (id: string): string =>
  `l="$R${paths.lock}"; [ -e "$l" ] && read -r have _ <"$l" && [ "$have" = ${word(id)} ] && touch "$l"; exit 0`;

/** A lock that is held on a set of hosts, with its heartbeat. */
export interface Lock {
  readonly id: string;
  release(): Promise<void>;
}

/**
 * Takes the lock on every host given, or on none.
 * @throws Failure `locked` naming who holds it and since when, `apply` when a host could not write it
 */
export async function takeLock(transports: readonly Transport[], holder: LockHolder): Promise<Lock> {
  const taken: Transport[] = [];
  const results = await Promise.allSettled(
    transports.map(async (transport) => {
      let { code, stdout, stderr } = await transport.exec({ script: takeScript(holder, '') });
      const held = stdout.trim().split(' ')[1] ?? '';
      if (code === heldCode && isDead(held))
        ({ code, stdout, stderr } = await transport.exec({ script: takeScript(holder, held) }));
      if (code !== 0) throw notTaken(transport.host, code, stdout.trim(), stderr.trim());
      taken.push(transport);
    }),
  );
  const failed = results.find((result) => result.status === 'rejected');
  if (failed !== undefined) {
    // On all of them: one whose connection broke may have taken it before.
    await drop(transports, holder.id);
    throw failed.reason;
  }
  const timer = setInterval(() => {
    for (const transport of taken) transport.exec({ script: beatScript(holder.id) }).catch(() => undefined);
  }, heartbeat * 1000);
  timer.unref();
  return {
    id: holder.id,
    release: async () => {
      clearInterval(timer);
      await drop(taken, holder.id);
    },
  };
}

async function drop(transports: readonly Transport[], id: string): Promise<void> {
  // A host that cannot be reached any more frees itself: its lock grows old.
  await Promise.all(
    transports.map((transport) => transport.exec({ script: dropScript(id) }).catch(() => undefined)),
  );
}

function notTaken(host: string, code: number, stdout: string, stderr: string): Failure {
  const [, age = '?', , owner = 'somebody'] = /^(\S+) (\S+) (.*)$/.exec(stdout) ?? [];
  if (code !== heldCode)
    return new Failure({
      kind: 'apply',
      doing: 'Taking the lock',
      where: { host },
      said: `exit code ${code}: ${stderr}`,
      next: `Check that root can write ${paths.podstrap} on that host.`,
    });
  return new Failure({
    kind: 'locked',
    doing: 'Taking the lock',
    where: { host },
    said: `${owner} is at work; last sign of life ${age} s ago`,
    next: `Wait for that run to end. When it is dead, its lock can be taken ${lockLifetime} s after its last sign of life, or at once after \`podstrap unlock\`.`,
  });
}

/** Removes a host's lock, whoever holds it. @returns who held it, if anybody did */
export async function breakLock(
  transport: Transport,
): Promise<{ readonly host: string; readonly owner?: string }> {
  const { stdout } = await transport.exec({
    script: `l="$R${paths.lock}"; [ -e "$l" ] && { read -r _ rest <"$l"; rm -f "$l"; echo "$rest"; }; exit 0`,
  });
  const owner = stdout.trim();
  return owner === '' ? { host: transport.host } : { host: transport.host, owner };
}
