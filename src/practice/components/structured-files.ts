import { load } from 'js-yaml';
import { type ComponentContext, Crash } from './component.js';

interface AuthenticationConfiguration {
  readonly kind?: string;
  readonly anonymous?: {
    readonly enabled?: boolean;
    readonly conditions?: readonly { readonly path: string }[];
  };
  readonly jwt?: readonly unknown[];
}

/**
 * Who may come without credentials, by paths; undefined where anybody may. Files that flags name are read as a real server
 * does when it starts. @throws Crash with which it would not
 */
export function readStructuredFiles(context: ComponentContext): ReadonlySet<string> | undefined {
  const { flags } = context;
  const textOf = (flag: string): string | undefined => {
    const path = flags.get(flag);
    return path === undefined ? undefined : context.read(path);
  };
  const policy = textOf('audit-policy-file');
  if (policy !== undefined && ((load(policy) as { rules?: unknown[] } | null)?.rules ?? []).length === 0)
    throw new Crash('loading audit policy file: loaded illegal policy with 0 rules');
  const log = flags.get('audit-log-path');
  if (log !== undefined && context.hostPath(log) === undefined)
    throw new Crash(`unable to open audit log: open ${log}: read-only file system`);
  const admission = textOf('admission-control-config-file');
  if (
    (flags.get('enable-admission-plugins') ?? '').includes('EventRateLimit') &&
    !admission?.includes('EventRateLimit')
  )
    throw new Crash(
      'failed to initialize admission: couldn’t init admission plugin "EventRateLimit": limits: Required value',
    );
  const text = textOf('authentication-config');
  if (text === undefined) return undefined;
  if ([...flags.keys()].some((name) => name.startsWith('oidc-')))
    throw new Crash('authentication-config file and oidc-* flags are mutually exclusive');
  const { anonymous } = load(text) as AuthenticationConfiguration;
  if (anonymous !== undefined && flags.has('anonymous-auth'))
    throw new Crash(
      'anonymous: Forbidden: --anonymous-auth flag cannot be set when anonymous field is configured in authentication configuration file',
    );
  if (anonymous === undefined || anonymous.conditions === undefined) return undefined;
  return new Set(anonymous.enabled === true ? anonymous.conditions.map(({ path }) => path) : []);
}
