import type { RowName } from '../../inventory/hardening/rows.js';
import type { Inventory } from '../../inventory/inventory.js';
import { canonicalYaml } from '../canonical-yaml.js';

/**
 * The AdmissionConfiguration of the API servers, with the configurations of plugins in it; undefined where no row asks for
 * one.
 */
export function admissionConfig(inventory: Inventory, rows: ReadonlySet<RowName>): string | undefined {
  const plugins = [
    ...(rows.has('eventRateLimit') ? [{ name: 'EventRateLimit', configuration: eventRateLimit }] : []),
    ...(rows.has('podSecurity') ? [{ name: 'PodSecurity', configuration: podSecurity(inventory) }] : []),
  ];
  if (plugins.length === 0) return undefined;
  return canonicalYaml({
    apiVersion: 'apiserver.config.k8s.io/v1',
    kind: 'AdmissionConfiguration',
    plugins,
  });
}

/** Of each API server; what is more is answered with 429, and lost. Without a limit the plugin does not start. */
const eventRateLimit = {
  apiVersion: 'eventratelimit.admission.k8s.io/v1alpha1',
  kind: 'Configuration',
  limits: [
    { type: 'Namespace', qps: 50, burst: 100, cacheSize: 2000 },
    { type: 'User', qps: 50, burst: 100, cacheSize: 2000 },
  ],
};

const podSecurity = (inventory: Inventory) => ({
  apiVersion: 'pod-security.admission.config.k8s.io/v1',
  kind: 'PodSecurityConfiguration',
  defaults: {
    enforce: 'baseline',
    'enforce-version': 'latest',
    audit: 'restricted',
    'audit-version': 'latest',
    warn: 'restricted',
    'warn-version': 'latest',
  },
  exemptions: { usernames: [], runtimeClasses: [], namespaces: exemptNamespaces(inventory) },
});

/** Where network plugins and their kind are at home, which need the host. */
function exemptNamespaces({ addons }: Inventory): readonly string[] {
  const ofAddons = addons.flatMap(({ objects }) =>
    objects.flatMap(({ object: { metadata, kind } }) =>
      kind === 'Namespace' ? [metadata.name] : (metadata.namespace ?? []),
    ),
  );
  const others = [...new Set(ofAddons)].filter((name) => name !== 'default' && name !== 'kube-system');
  return ['kube-system', ...others.sort()];
}
