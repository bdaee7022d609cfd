import { Failure } from '../failure.js';
import { paths } from '../host/paths.js';
import { at, octal, word } from '../host/shell.js';
import type { Step } from '../plan/step.js';
import type { Survey } from '../survey.js';
import { gatesOf } from '../verify/await-host.js';
import { watchGate } from '../verify/health.js';
import { poll } from '../verify/poll.js';
import type { Crew } from './crew.js';
import { stepsOf } from './crew.js';
import { lockLostCode } from './fence.js';
import { stage } from './stage.js';
import { runSwitch } from './switch-pods.js';

/**
 * Puts back what this run replaced, on every node that it changed, the last one first, and proves each healthy again.
 * Never throws: the failure that led here is the one to report; how the undoing went is told by events.
 * @param cause what went wrong; a lost lock or an interruption is not undone, since `up` goes on from there
 */
export async function undoHosts(
  crew: Crew,
  seen: Survey,
  steps: readonly Step[],
  changed: readonly string[],
  cause: unknown,
): Promise<void> {
  const { session } = crew;
  const undoable = cause instanceof Failure && (cause.kind === 'gate' || cause.kind === 'apply');
  if (!undoable || changed.length === 0) return;
  await stage(session, 'undo', async () => {
    for (const host of [...changed].reverse()) {
      if (joined(steps, host)) {
        session.emit({ event: 'warning', host, message: joinedStays });
        continue;
      }
      session.emit({ event: 'host', host, stage: 'undo', doing: 'putting back what was there' });
      try {
        await undoHost(crew, seen, host, stepsOf(steps, host, 'node', 'certificates', 'control-plane'));
        session.emit({ event: 'host-done', host, stage: 'undo', did: 'as it was before, and healthy' });
      } catch (error) {
        const said = error instanceof Error ? error.message : String(error);
        session.emit({
          event: 'warning',
          host,
          message: `could not be put back: ${said}. Run \`podstrap up\` again.`,
        });
      }
    }
  });
}

/** A member that joins has nothing behind it to go back to: its earlier data is gone, or there never was any. */
const joined = (steps: readonly Step[], host: string): boolean =>
  steps.some((step) => step.host === host && step.action.do === 'add-etcd-learner');
const joinedStays =
  'it stays as it is, an etcd member that has not joined yet does no harm. Run `podstrap up` again.';

/** Files that steps replaced, with the mode that they are to have. */
const replaced = (steps: readonly Step[]) =>
  steps.flatMap(({ action }) => (action.do === 'write-file' || action.do === 'put-manifest' ? [action] : []));

async function undoHost(crew: Crew, seen: Survey, host: string, steps: readonly Step[]): Promise<void> {
  const { session, transports, lockId } = crew;
  const kept = `${paths.undo}/${session.run}`;
  const units = [
    ...new Set(steps.flatMap(({ action }) => (action.do === 'restart-unit' ? [action.name] : []))),
  ];
  const { code, stderr } = await transports.get(host)!.exec({
    script: `
owner=; [ -r "$R${paths.lock}" ] && read -r owner _ <"$R${paths.lock}"
[ "$owner" = ${word(lockId)} ] || exit ${lockLostCode}
restore() { if [ -e "$R${kept}$1.absent" ]; then rm -f "$R$1"; elif [ -e "$R${kept}$1" ]; then
  t="$R${paths.stagingKubernetes}/undo"; cp -pP "$R${kept}$1" "$t" && mv -f "$t" "$R$1"; fi; }
${replaced(steps)
  .map(({ path }) => `restore ${word(path)} || exit 1`)
  .join('\n')}
sync -f "$R/etc" 2>/dev/null || sync
${units.length === 0 ? '' : `systemctl daemon-reload; systemctl restart ${units.map(word).join(' ')}`}
`,
  });
  if (code !== 0) throw new Error(`exit code ${code}: ${stderr.trim()}`);
  const switched = steps.flatMap(({ action }) => (action.do === 'switch-manifest' ? [action] : []));
  const back = await Promise.all(
    switched.map(async ({ pod, path, mode }) => {
      const file = `${kept}${path}`;
      const { code: absent } = await transports
        .get(host)!
        .exec({ script: `[ -e ${at(file)} ] && chmod ${octal(mode)} ${at(file)}` });
      return absent === 0 ? [{ pod, path, mode, source: { file } }] : [];
    }),
  );
  await runSwitch(crew, host, back.flat());
  await awaitGates(crew, seen, host);
}

/** Health alone: the revision that runs is the earlier one again. */
async function awaitGates(crew: Crew, seen: Survey, name: string): Promise<void> {
  const { session, transports } = crew;
  const host = session.inventory.spec.hosts.find((one) => one.name === name)!;
  const wanted = seen.desired.hosts.find((one) => one.host === name)!;
  for (const gate of gatesOf(host, wanted)) {
    const watch = watchGate(transports.get(name)!, gate, session.keys);
    const missing = await poll(() => watch.look(), {
      timeoutMs: 120_000,
      onWaiting: (what) => session.emit({ event: 'waiting', host: name, stage: 'undo', for: what }),
      signal: session.abort,
    });
    watch.close();
    if (missing !== undefined) throw new Error(missing);
  }
}
