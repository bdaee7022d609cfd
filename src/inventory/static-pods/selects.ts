/** What a selector asks of hosts: all that is said must hold, and roles are alternatives. */
export interface HostSelector {
  readonly names?: readonly (string | undefined)[] | undefined;
  readonly roles?: readonly (string | undefined)[] | undefined;
  readonly matchLabels?: Readonly<Record<string, string | undefined>> | undefined;
  readonly matchExpressions?:
    | readonly (
        | {
            readonly key?: string | undefined;
            readonly operator?: string | undefined;
            readonly values?: readonly (string | undefined)[] | undefined;
          }
        | undefined
      )[]
    | undefined;
}

interface Selected {
  readonly name?: string | undefined;
  readonly roles?: readonly (string | undefined)[] | undefined;
  readonly labels?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Whether a selector takes a host in; none takes in all. Labels are compared as Kubernetes compares them. Pure. */
export function selects(selector: HostSelector | undefined, host: Selected): boolean {
  if (selector === undefined) return true;
  const { names, roles, matchLabels = {}, matchExpressions = [] } = selector;
  const labels = host.labels ?? {};
  return (
    (names?.includes(host.name) ?? true) &&
    (roles?.some((role) => host.roles?.includes(role) ?? false) ?? true) &&
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every((expression) => expression === undefined || holds(expression, labels))
  );
}

type Expression = NonNullable<NonNullable<HostSelector['matchExpressions']>[number]>;

function holds(
  { key = '', operator, values = [] }: Expression,
  labels: Readonly<Record<string, string | undefined>>,
): boolean {
  const has = Object.hasOwn(labels, key);
  switch (operator) {
    case 'Exists':
      return has;
    case 'DoesNotExist':
      return !has;
    case 'In':
      return has && values.includes(labels[key]);
    default:
      // https://kubernetes.io/docs/concepts/overview/working-with-objects/labels/#set-based-requirement
      return !has || !values.includes(labels[key]);
  }
}
