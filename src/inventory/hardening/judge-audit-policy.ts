import { readYaml } from '../../read-yaml.js';

const levels = ['None', 'Metadata', 'Request', 'RequestResponse'];
const stages = ['RequestReceived', 'ResponseStarted', 'ResponseComplete', 'Panic'];
/** More than one is ever shown. */
const mostShown = 3;

/**
 * What an API server would not start with in a file of audit policy, by Kubernetes' own rules (audit.k8s.io/v1, validation of
 * k8s.io/apiserver), as what follows the name of the file; undefined for a sound one. Pure.
 */
export function judgeAuditPolicy(text: string): string | undefined {
  let policy: unknown;
  try {
    policy = readYaml(text);
  } catch (error) {
    return `is no YAML: ${(error as { reason?: string }).reason ?? 'it cannot be read'}`;
  }
  if (!isRecord(policy)) return 'is not a Policy of audit.k8s.io/v1';
  if (policy.apiVersion !== 'audit.k8s.io/v1' || policy.kind !== 'Policy')
    return `is ${String(policy.kind ?? 'something')} of ${String(policy.apiVersion ?? 'nothing')}, not a Policy of audit.k8s.io/v1`;
  const { rules } = policy;
  if (!Array.isArray(rules) || rules.length === 0)
    return 'has no rules: the API server refuses such a policy';
  const found = [
    ...stagesIn('omitStages', policy.omitStages),
    ...rules.flatMap((rule, index) => ruleFindings(`rules[${index}]`, rule)),
  ];
  if (found.length === 0) return undefined;
  const more = found.length > mostShown ? `; and ${found.length - mostShown} more` : '';
  return `is refused by API servers: ${found.slice(0, mostShown).join('; ')}${more}`;
}

function ruleFindings(at: string, rule: unknown): readonly string[] {
  if (!isRecord(rule)) return [`${at} is not a rule`];
  const { level, nonResourceURLs, resources, namespaces, omitStages } = rule;
  const urls = listOf(nonResourceURLs);
  return [
    ...(levels.includes(String(level)) ? [] : [`${at}.level is not one of ${levels.join(', ')}`]),
    ...urls.flatMap((url, index) => urlFindings(`${at}.nonResourceURLs[${index}]`, String(url))),
    ...(urls.length > 0 && listOf(resources).length + listOf(namespaces).length > 0
      ? [`${at} has nonResourceURLs and resources or namespaces`]
      : []),
    ...listOf(resources).flatMap((one, index) => groupFindings(`${at}.resources[${index}]`, one)),
    ...stagesIn(`${at}.omitStages`, omitStages),
  ];
}

const urlFindings = (at: string, url: string): readonly string[] => [
  ...(url === '*' || url.startsWith('/') ? [] : [`${at} does not begin with /`]),
  ...(url.slice(0, -1).includes('*') ? [`${at} has a * before its end`] : []),
];

function groupFindings(at: string, one: unknown): readonly string[] {
  if (!isRecord(one)) return [`${at} is not a group of resources`];
  const group = one.group ?? '';
  const known = group === '' || group === '*' || /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/.test(String(group));
  return [
    ...(known ? [] : [`${at}.group is no API group without a version`]),
    ...(listOf(one.resourceNames).length > 0 && listOf(one.resources).length === 0
      ? [`${at} has resourceNames and no resources`]
      : []),
  ];
}

const stagesIn = (at: string, omitted: unknown): readonly string[] =>
  listOf(omitted).every((stage) => stages.includes(String(stage)))
    ? []
    : [`${at} has a stage that is not one of ${stages.join(', ')}`];

const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

const isRecord = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
