import { dump } from 'js-yaml';
import { describe, expect, it, test } from 'vitest';
import { judgeAuditPolicy } from '../../src/inventory/hardening/judge-audit-policy.js';
import { complaintsAbout, documentWith, filesOf } from './sample.js';

const args = (name: string, value: string) => ({ apiServer: { extraArgs: [{ name, value }] } });
const jwt = (over: object = {}, issuer: object = {}) => ({
  authentication: {
    jwt: [
      {
        issuer: { url: 'https://issuer.example.com', audiences: ['kubernetes'], ...issuer },
        claimMappings: { username: { claim: 'sub', prefix: '' } },
        ...over,
      },
    ],
  },
});
const about = (spec: Record<string, unknown>) => complaintsAbout(documentWith(spec)).join('\n');

describe('a profile and what contradicts it', () => {
  test.each([
    [{ profile: 'cis', ...args('profiling', 'true') }, 'profiling=true, against profile: cis (profiling)'],
    [{ profile: 'cis', ...args('audit-log-maxage', '7') }, undefined],
    [{ hardening: { profiling: true }, ...args('profiling', 'true') }, 'against spec.hardening.profiling'],
    [
      { profile: 'cis', ...args('enable-admission-plugins', 'NodeRestriction') },
      'enable-admission-plugins without',
    ],
    [
      { profile: 'cis', ...args('disable-admission-plugins', 'PodSecurity') },
      'disable-admission-plugins with PodSecurity',
    ],
    [
      { profile: 'cis', ...args('admission-control-config-file', '/etc/kubernetes/own/a.yaml') },
      'of your own',
    ],
    [
      { profile: 'cis', kubelet: { config: { seccompDefault: false } } },
      'false, against profile: cis (seccompDefault)',
    ],
    [{ profile: 'cis', kubelet: { config: { podPidsLimit: 100 } } }, undefined],
    [{ profile: 'cis', hardening: { profiling: false }, ...args('profiling', 'true') }, undefined],
    // What a cluster was merely made with gives way.
    [args('profiling', 'true'), undefined],
    [
      { audit: { policy: 'baseline' }, ...args('audit-log-path', '/var/log/own.log') },
      'audit-log-path beside spec.audit',
    ],
    [{ profile: 'strict' }, 'strict'],
    [{ hardening: { profilling: true } }, 'profilling'],
  ])('%j', (spec, complaint) => {
    if (complaint === undefined) expect(about(spec)).toBe('');
    else expect(about(spec)).toContain(complaint);
  });
});

describe('authentication with which an API server would not start', () => {
  test.each([
    [
      { ...jwt(), ...args('oidc-issuer-url', 'https://other.example.com') },
      'oidc-issuer-url beside spec.authentication',
    ],
    [{ authentication: { anonymous: 'health' }, ...args('oidc_client_id', 'x') }, 'oidc_client_id beside'],
    [{ authentication: { anonymous: 'health' }, ...args('anonymous-auth', 'true') }, 'anonymous-auth beside'],
    [{ authentication: { anonymous: 'all' }, ...args('anonymous-auth', 'true') }, undefined],
    [
      { ...jwt(), ...args('authentication-config', '/etc/kubernetes/own/a.yaml') },
      'authentication-config beside',
    ],
    [args('oidc-issuer-url', 'https://other.example.com'), undefined],
    [jwt({}, { url: 'http://issuer.example.com' }), 'issuer.url'],
    [jwt({}, { url: 'https://me:secret@issuer.example.com' }), 'issuer.url'],
    [jwt({}, { audiences: ['a', 'b'] }), 'audienceMatchPolicy'],
    [jwt({}, { audiences: ['a', 'a'], audienceMatchPolicy: 'MatchAny' }), 'audiences'],
    [jwt({}, { discoveryURL: 'https://issuer.example.com/' }), 'discoveryURL'],
    [jwt({ claimMappings: { username: { claim: 'sub' } } }), 'username.prefix'],
    [
      jwt({ claimMappings: { username: { claim: 'sub', expression: 'claims.sub' } } }),
      'claim and expression',
    ],
    [jwt({ claimMappings: { username: {} } }), 'neither'],
    [
      jwt({
        claimMappings: {
          username: { expression: 'claims.sub' },
          extra: [{ key: 'kubernetes.io/x', valueExpression: 'claims.x' }],
        },
      }),
      'extra[0].key',
    ],
    [jwt({ claimValidationRules: [{}] }), 'claimValidationRules[0]'],
    [
      { authentication: { jwt: [...jwt().authentication.jwt, ...jwt().authentication.jwt] } },
      'an issuer that is there already',
    ],
    [jwt(), undefined],
  ])('%j', (spec, complaint) => {
    if (complaint === undefined) expect(about(spec)).toBe('');
    else expect(about(spec)).toContain(complaint);
  });
});

describe('a file of audit policy', () => {
  const policy = (over: object) =>
    dump({ apiVersion: 'audit.k8s.io/v1', kind: 'Policy', rules: [{ level: 'Metadata' }], ...over });

  test.each([
    ['{ [', 'is no YAML'],
    ['a: 1', 'not a Policy of audit.k8s.io/v1'],
    [policy({ apiVersion: 'audit.k8s.io/v1beta1' }), 'audit.k8s.io/v1beta1'],
    [policy({ rules: [] }), 'has no rules'],
    [policy({ rules: [{ level: 'All' }] }), 'rules[0].level'],
    [policy({ omitStages: ['Received'] }), 'omitStages'],
    [policy({ rules: [{ level: 'None', nonResourceURLs: ['healthz'] }] }), 'does not begin with /'],
    [policy({ rules: [{ level: 'None', nonResourceURLs: ['/a*/b'] }] }), 'a * before its end'],
    [
      policy({ rules: [{ level: 'None', nonResourceURLs: ['/a'], namespaces: ['x'] }] }),
      'nonResourceURLs and resources',
    ],
    [policy({ rules: [{ level: 'None', resources: [{ group: 'apps/v1' }] }] }), 'no API group'],
    [
      policy({ rules: [{ level: 'None', resources: [{ group: '', resourceNames: ['x'] }] }] }),
      'resourceNames',
    ],
    [policy({}), undefined],
  ])('%j', (text, complaint) => {
    if (complaint === undefined) expect(judgeAuditPolicy(text)).toBeUndefined();
    else expect(judgeAuditPolicy(text)).toContain(complaint);
  });

  it('is read, and judged, with the inventory', () => {
    const files = filesOf({ '/inventory/audit.yaml': policy({ rules: [{ level: 'All' }] }) });
    const spec = (name: string) => documentWith({ audit: { policy: name } });
    expect(complaintsAbout(spec('audit.yaml'), { files }).join()).toContain(
      'audit.yaml is refused by API servers',
    );
    expect(complaintsAbout(spec('none.yaml'), { files }).join()).toContain('none.yaml is not there');
    expect(complaintsAbout(spec('baseline'), { files })).toEqual([]);
  });
});
