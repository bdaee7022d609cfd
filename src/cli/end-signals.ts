/**
 * True when whoever started us wanted hang-ups to be ignored, as nohup does. Node forgets that before it runs anything, so the
 * first line of the shipped program notes it (scripts/bundle.mjs); for who starts node himself, a shell's `_` may tell.
 */
const ignoresHangUps = (environment: NodeJS.ProcessEnv): boolean =>
  environment['PODSTRAP_IGNORES_HUP'] === '1' || /(^|\/)nohup$/.test(environment['_'] ?? '');

/** The signals that ask a run to end. */
export const endSignals: readonly NodeJS.Signals[] = ignoresHangUps(process.env)
  ? ['SIGINT', 'SIGTERM']
  : ['SIGINT', 'SIGTERM', 'SIGHUP'];

/** To be called once, at the start. */
export function ignoreHangUps(): void {
  if (!endSignals.includes('SIGHUP')) process.on('SIGHUP', () => undefined);
}
