import ssh2, { type ParsedKey } from 'ssh2';
import { word } from '../host/shell.js';
import type { SshHost } from './ssh-server.js';

/** What a key may be used for; everything when nothing is said. */
export interface Permission {
  /** The one command that runs, whatever is asked for. */
  readonly command?: string;
  /** Nothing but commands. */
  readonly restricted?: boolean;
}

/** The keys of a host's authorized_keys that a client may use now; see AUTHORIZED_KEYS in sshd(8). */
export const admittedKeys = (
  host: Pick<SshHost, 'authorizedKeys' | 'clock' | 'addressOf'>,
  client: string,
): readonly { readonly key: ParsedKey; readonly permission: Permission }[] =>
  host.authorizedKeys.split('\n').flatMap((line) => {
    const [, options = '', text = ''] =
      /^(?:((?:[^\s"]|"(?:\\"|[^"])*")+) )?(ssh-\S+ \S+.*)$/.exec(line) ?? [];
    const key = ssh2.utils.parseKey(text);
    if (text === '' || key instanceof Error) return [];
    const { from, 'expiry-time': expiry, command } = optionsOf(options);
    const isFrom = from?.split(',').includes(host.addressOf(client)) ?? true;
    const isExpired = expiry !== undefined && host.clock > secondsOf(expiry);
    if (!isFrom || isExpired) return [];
    const restricted = options.split(',').includes('restrict');
    return [{ key, permission: { ...(command === undefined ? {} : { command }), restricted } }];
  });

const optionsOf = (options: string): Readonly<Record<string, string | undefined>> =>
  Object.fromEntries(
    [...options.matchAll(/(?:^|,)([a-z-]+)="((?:\\"|[^"])*)"/g)].map(([, name, value]) => [
      name!,
      value!.replaceAll('\\"', '"'),
    ]),
  );

/** YYYYMMDDHHMMSS in the time of the machine, in seconds since 1970. */
function secondsOf(text: string): number {
  const [, year, ...rest] = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/.exec(text) ?? [];
  const [month, day, hour, minute, second] = rest.map(Number);
  // A time that cannot be read has passed, as sshd refuses the whole key.
  return new Date(Number(year), month! - 1, day, hour, minute, second).getTime() / 1000 || 0;
}

/** What runs when a command is asked for. */
export const permittedCommand = (asked: string, { command }: Permission): string =>
  command === undefined
    ? asked
    : `SSH_ORIGINAL_COMMAND=${word(asked)}; export SSH_ORIGINAL_COMMAND; ${command}`;
