import { existsSync } from 'node:fs';
import { Failure } from '../../failure.js';
import { lanes } from '../../lanes.js';
import { lastLines } from '../output.js';
import type { HostConfig, Query } from '../ssh/config/config-for.js';
import { runProgram } from './program.js';

/** Each is a process, for a few milliseconds. */
const atOnce = 8;

/**
 * What OpenSSH itself makes of ssh_config for a host: `ssh -G` is asked, so that nothing is read in two ways. As it does
 * for `ssh`, it runs the commands of `Match exec`.
 * @param configFile as `ssh -F` takes it; undefined for the user's and the system's
 */
export function opensshConfigs(
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): (configFile: string | undefined, query: Query) => Promise<HostConfig> {
  const lane = lanes(atOnce);
  const known = new Map<string, Promise<HostConfig>>();
  return (configFile, query) => {
    const { alias, user, port } = query;
    const argv = [
      '-G',
      ...(configFile === undefined ? [] : ['-F', configFile]),
      ...(user === undefined ? [] : ['-l', user]),
      ...(port === undefined ? [] : ['-p', String(port)]),
      '--',
      alias,
    ];
    const key = argv.join('\0');
    const found = known.get(key) ?? lane(() => ask(argv, query, env, signal));
    known.set(key, found);
    return found;
  };
}

async function ask(
  argv: readonly string[],
  query: Query,
  env: Readonly<Record<string, string | undefined>>,
  signal: AbortSignal,
): Promise<HostConfig> {
  signal.throwIfAborted();
  const { code, stdout, stderr } = await runProgram('ssh', argv, env, signal);
  signal.throwIfAborted();
  if (code !== 0) throw refused(query.alias, lastLines(stderr, 5));
  return configIn(stdout, query);
}

/** What `ssh -G` printed, as far as it matters. */
export function configIn(
  text: string,
  { localUser }: Query,
  exists: (path: string) => boolean = existsSync,
): HostConfig {
  const values = new Map<string, string[]>();
  for (const line of text.split('\n')) {
    const [keyword = '', rest] = [line.split(' ', 1)[0], line.slice(line.indexOf(' ') + 1)];
    if (keyword !== '') values.set(keyword, [...(values.get(keyword) ?? []), rest]);
  }
  const first = (keyword: string) => {
    const value = values.get(keyword)?.[0];
    return value === undefined || value === 'none' ? undefined : value;
  };
  const files = (keyword: string) => pathsIn(first(keyword) ?? '', exists);
  // Without a word about it in the file this is the local user, and the inventory's counts.
  const user = first('user');
  const timeout = Number(first('connecttimeout'));
  return {
    hostName: first('hostname')!,
    ...(user === undefined || user === localUser ? {} : { user }),
    port: Number(first('port')),
    identityFiles: values.get('identityfile') ?? [],
    certificateFiles: values.get('certificatefile') ?? [],
    identitiesOnly: first('identitiesonly') === 'yes',
    ...given('identityAgent', values.get('identityagent')?.[0]),
    ...given('proxyJump', first('proxyjump')),
    ...given('proxyCommand', first('proxycommand')),
    userKnownHostsFiles: files('userknownhostsfile'),
    globalKnownHostsFiles: files('globalknownhostsfile'),
    ...given('hostKeyAlias', first('hostkeyalias')),
    ...(timeout > 0 ? { connectTimeout: timeout } : {}),
    ...given('knownHostsCommand', first('knownhostscommand')),
  };
}

/** ssh writes paths behind one another without quotes: as many words belong to one as make a file that is there. */
function pathsIn(text: string, exists: (path: string) => boolean): readonly string[] {
  const words = text.split(' ').filter((word) => word !== '');
  const found: string[] = [];
  while (words.length > 0) {
    const sizes = words.map((_, index) => words.length - index);
    const size = sizes.find((each) => exists(words.slice(0, each).join(' '))) ?? 1;
    found.push(words.splice(0, size).join(' '));
  }
  return found;
}

const given = <K extends string>(name: K, value: string | undefined): { [P in K]?: string } =>
  (value === undefined ? {} : { [name]: value }) as { [P in K]?: string };

const refused = (alias: string, said: string): Failure =>
  new Failure({
    kind: 'usage',
    doing: `asking ssh how it would reach ${alias} (\`ssh -G\`)`,
    said,
    next: 'fix the file, name another one in ssh.configFile, or write `configFile: none`',
  });
