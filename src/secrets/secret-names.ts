/** Last words of names whose values are secrets, whatever they belong to. */
const secretNames =
  /(?:^|[ _.-])(?:passwords?|passwd|passphrase|pwd|secrets?|tokens?|credentials?|auths?|authorization|cookies?|dsn|jwt|bearer|identitytoken|api ?key|(?:private|access|secret|signing|encryption|account|shared|master|license) ?key|key data)$/;

/** `registryAuth`, `X-Api-Key`, `client_secret` as words with spaces between them. */
const wordsOf = (name: string): string =>
  name
    .replaceAll(/([a-z0-9])([A-Z])/g, '$1 $2')
    .replaceAll(/[-_./]/g, ' ')
    .trim()
    .toLowerCase();

/** True for the name of a field, flag or variable whose value is a secret. */
export const isSecretName = (name: string): boolean => secretNames.test(wordsOf(name));

/** Variables that tune programs, and those of podstrap's own manifests. Those of proxies are masked within their URLs. */
const plainVariable =
  /^(?:GO(?:MAXPROCS|GC|MEMLIMIT|DEBUG|TRACEBACK)|(?:HTTPS?|NO|ALL)_PROXY|(?:https?|no|all)_proxy|TZ|LANG|LC_\w+|PATH|HOME|KUBECONFIG|LOG_?LEVEL|vip_\w+|cp_\w+|address|port|kubernetes_addr|prometheus_server)$/;

/** What a variable of no telling name may have without being a secret: a switch, nothing, a small number. */
export const plainValue = /^["']?(?:|true|false|null|~|\{\}|\[\]|-?\d{1,5})["']?$/i;
/** What is no secret under any name. */
export const noValue = /^["']?(?:|true|false|null|~|\{\}|\[\])["']?$/i;

/** True when the value of an environment variable may be a secret: any may be that is not known to be none. */
export const isSecretVariable = (name: string, value: string): boolean =>
  isSecretName(name) ? !noValue.test(value) : !plainVariable.test(name) && !plainValue.test(value);
