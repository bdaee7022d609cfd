import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { Failure } from '../../failure.js';
import { bracket } from '../../host/bracket.js';
import { lanes } from '../../lanes.js';
import type { Secret } from '../../secret.js';
import { lastLines } from '../output.js';
import { type Patience, patience } from '../patience.js';
import type { Questions } from '../questions.js';
import { notThrough } from '../ssh/built-in.js';
import { parseCertificate, whyInvalid } from '../ssh/certificate.js';
import { mayWantTouch, refusedCertificates } from '../ssh/certificates.js';
import type { Login } from '../ssh/channels.js';
import { Unreachable } from '../ssh/dial.js';
import type { Hop } from '../ssh/hop.js';
import { typeOfKey } from '../ssh/known-hosts.js';
import { lostFailure, NoAgreement } from '../ssh/login-failures.js';
import type { Trust } from '../ssh/trust.js';
import type { LogIn, Via } from '../ssh/ways.js';
import type { Answer, Desk, Seat } from './desk.js';
import { masterArguments } from './master-arguments.js';
import { joinMaster } from './mux.js';

/** What every login of a run by the machine's own ssh shares. */
export interface OpensshAccess {
  readonly desk: () => Promise<Desk>;
  readonly trust: Trust;
  readonly questions: Questions;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly now: () => Date;
}

/** Logins at once, each of them a process that calculates. */
const atOnce = 16;

/** For logging in, with all that people have to type or touch for it: as long as sshd waits (LoginGraceTime). */
const graceMs = 120_000;

/** What is known about a login while it is made. */
interface State {
  /** The host key that was trusted. */
  hostKey?: Buffer;
  /** Our own reason to go no further. */
  refusal?: Failure;
}

/**
 * Logs in with the machine's own ssh: it becomes a master in the background, which we join. Whoever has to touch a security
 * key is asked for one login after the other.
 */
export function opensshClient(access: OpensshAccess, signal: AbortSignal): LogIn {
  const [one, many] = [lanes(1), lanes(atOnce)];
  return async (hop, shown, via) => {
    const lane = (await mayWantTouch(hop)) ? one : many;
    return lane(() => logIn(access, hop, shown, via, signal));
  };
}

async function logIn(
  access: OpensshAccess,
  hop: Hop,
  shown: readonly string[],
  via: Via | undefined,
  signal: AbortSignal,
): Promise<Login> {
  signal.throwIfAborted();
  const desk = await access.desk();
  const doing = `connecting to ${bracket(hop.address)}:${hop.port}`;
  const wait = patience(hop.label, doing, { timeoutMs: hop.connectTimeoutMs + graceMs, signal });
  const state: State = {};
  const known = await knownBeforehand(hop, access.trust);
  const seat = await desk.seat(answering(hop, access, state, wait), known);
  try {
    const { code, said } = await startMaster(access, hop, shown, via, desk, seat, wait);
    if (code !== 0 || state.hostKey === undefined)
      throw await whyNoLogin(access, hop, shown, via, state, said);
    await seat.hush();
    const connection = await joinMaster(seat.controlPath, () =>
      lostFailure(hop, { stage: 'ready', tried: [] }),
    );
    connection.lost.addEventListener('abort', () => void seat.leave(), { once: true });
    return { ...connection, hostKey: state.hostKey, controlPath: seat.controlPath };
  } catch (error) {
    await seat.leave();
    if (error instanceof Failure && error.kind === 'connection-lost')
      throw new Unreachable(hop, undefined, error.said ?? error.message, true);
    throw error;
  } finally {
    wait.end();
  }
}

/** By these ssh chooses the types of keys that it asks for. Releases differ in whether they look them up with the port. */
async function knownBeforehand(hop: Hop, trust: Trust): Promise<string> {
  const lines = await trust.linesFor(hop);
  return lines
    .map((line) => `${line.replace(hop.knownName, (name) => `${hop.certificateName},${name}`)}\n`)
    .join('');
}

/** Runs ssh until it has gone into the background, or has failed. In a session of its own, so that Ctrl-C does not end it. */
async function startMaster(
  { env, questions }: OpensshAccess,
  hop: Hop,
  shown: readonly string[],
  via: Via | undefined,
  desk: Desk,
  seat: Seat,
  wait: Patience,
): Promise<{ readonly code: number; readonly said: string }> {
  const asking = questions.canAsk
    ? { SSH_ASKPASS: desk.askPass, SSH_ASKPASS_REQUIRE: 'force', PODSTRAP_SEAT: seat.name }
    : {};
  const child = spawn('ssh', masterArguments({ hop, shown, via, desk, seat, canAsk: questions.canAsk }), {
    env: { ...env, ...asking },
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: true,
  });
  const exited = new Promise<number>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
  const said = text(child.stderr).catch(() => '');
  try {
    const code = await wait.during(exited);
    // Of one in the background, something may hold its error output for ever.
    return { code, said: code === 0 ? '' : await wait.during(said) };
  } finally {
    child.stderr.destroy();
    if (child.exitCode === null && child.signalCode === null && child.pid !== undefined) endGroup(child.pid);
  }
}

function endGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGTERM');
  } catch {
    // It has ended meanwhile.
  }
}

/** What people have to know again in this run: the words are ssh's own. All else may be good for one time only. */
const isKept = (question: string): boolean => /^Enter (passphrase|PIN) for /.test(question);

/** Answers what ssh asks during one login. */
function answering(hop: Hop, access: OpensshAccess, state: State, wait: Patience): Answer {
  const { questions } = access;
  const told = new Map<string, Secret>();
  let count = 0;
  return async ([kind, ...words]) => {
    if (kind === 'host-key') return judged(hop, access, state, Buffer.from(words[1] ?? '', 'base64'));
    const question = words.join('\n');
    if (kind === 'secret-none') {
      questions.tell(`${hop.label}: ${question}`);
      return [];
    }
    if (kind === 'secret-confirm') {
      const about = [`The key agent asks, for ${hop.label}:`];
      return (await wait.whileAsking(questions.confirm({ about, question }))) ? [] : undefined;
    }
    const subject = isKept(question) ? `ssh ${question}` : `ssh ${hop.label} ${question} ${count++}`;
    const secret = await wait.whileAsking(questions.secret(subject, question, told.get(question)));
    if (secret === undefined) return undefined;
    told.set(question, secret);
    return [secret.reveal()];
  };
}

/** The lines of known_hosts by which ssh is to trust the key that the server showed; none of them where it is not. */
async function judged(
  hop: Hop,
  { trust, now }: OpensshAccess,
  state: State,
  shown: Buffer,
): Promise<readonly string[] | undefined> {
  try {
    const lines = await trust.linesFor(hop);
    const certificate = parseCertificate(shown);
    const key = certificate?.key ?? shown;
    if (certificate && (await trust.isAuthority(hop, certificate.authority))) {
      const why = whyInvalid(certificate, hop.certificateName, now());
      if (why !== undefined) throw invalid(hop, certificate.id, why);
      state.hostKey = key;
      return lines;
    }
    await trust.check(hop, key);
    state.hostKey = key;
    return [...lines, `${hop.knownName} ${typeOfKey(key)} ${key.toString('base64')}`];
  } catch (error) {
    state.refusal = error as Failure;
    return undefined;
  }
}

const invalid = (hop: Hop, id: string, why: string): Failure =>
  new Failure({
    kind: 'host-key',
    doing: `checking the host key of ${bracket(hop.address)}:${hop.port}`,
    where: { host: hop.label },
    said: `its certificate ${JSON.stringify(id)} is not valid: ${why}`,
    next: 'have a new certificate signed for the host; or pin its key with hostKey in the inventory',
  });

async function whyNoLogin(
  { now }: OpensshAccess,
  hop: Hop,
  shown: readonly string[],
  via: Via | undefined,
  { refusal, hostKey }: State,
  stderr: string,
): Promise<Failure> {
  if (refusal)
    return refusal instanceof Failure && refusal.where.host === undefined
      ? refusal.at({ host: hop.label })
      : refusal;
  const said = lastLines(stderr, 5) || 'ssh ended without a word';
  if (hostKey !== undefined)
    return notLetIn(hop, [said, ...(await refusedCertificates(hop, now()))].join('\n'));
  // It has no other key to show than those that were not the pinned one.
  if (shown.length > 0) return new NoAgreement(hop, new Error(said));
  const refused = via && (await whyNotThrough(via, hop));
  return refused ?? new Unreachable(hop, undefined, said, true, `try \`${commandOf(hop)}\``);
}

/** ssh does not tell what a jump host said. */
async function whyNotThrough(via: Via, hop: Hop): Promise<Failure | undefined> {
  try {
    (await via.login.forward(hop.address, hop.port)).close();
    return undefined;
  } catch (error) {
    return notThrough(via, hop, error);
  }
}

const commandOf = ({ configFile, user, port, alias }: Hop): string =>
  `ssh ${configFile === undefined ? '' : `-F ${configFile} `}-p ${port} ${user}@${alias} true`;

const notLetIn = (hop: Hop, said: string): Failure =>
  new Failure({
    kind: 'authentication',
    doing: `logging in to ${bracket(hop.address)}:${hop.port} as ${hop.user}`,
    where: { host: hop.label },
    said,
    next: `see that \`${commandOf(hop)}\` works; set ssh.user and ssh.identityFile, or load the key with ssh-add`,
  });
