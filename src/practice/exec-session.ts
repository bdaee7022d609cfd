import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import type { ServerChannel } from 'ssh2';
import type { ExecWatch } from './faults.js';

/** Signals by the names that SSH gives them. */
const sshSignal = (signal: NodeJS.Signals): string => signal.replace(/^SIG/, '');

/**
 * Connects a running script with its SSH channel. As with sshd, a connection that breaks ends the script's input and
 * closes its outputs, and leaves the script itself running.
 * @param ended called with all that it wrote to standard error when the script and its pipes have ended
 */
export function attach(
  child: ChildProcessWithoutNullStreams,
  channel: ServerChannel,
  watch: ExecWatch,
  ended: (stderr: string) => void,
): void {
  let complaint = '';
  channel.on('error', () => undefined);
  channel.on('data', (chunk: Buffer) => watch.stdin(chunk.length));
  channel.pipe(child.stdin);
  // A script that ends before its input does: the rest is taken and dropped, or the client would wait for ever.
  child.stdin.on('error', () => channel.resume());
  child.stdout.on('data', (chunk: Buffer) => watch.stdout(chunk));
  child.stderr.on('data', (chunk: Buffer) => {
    complaint = (complaint + chunk.toString('utf8')).slice(-4096);
  });
  child.stdout.pipe(channel, { end: false });
  child.stderr.pipe(channel.stderr, { end: false });
  channel.once('close', () => {
    child.stdin.destroy();
    child.stdout.destroy();
    child.stderr.destroy();
  });
  child.once('error', (error) => {
    channel.stderr.write(`${error.message}\n`);
    channel.exit(126);
    channel.end();
    ended(error.message);
  });
  child.once('close', (code, signal) => {
    if (code !== null) channel.exit(code);
    else channel.exit(sshSignal(signal ?? 'SIGKILL'));
    channel.end();
    ended(complaint);
  });
}
