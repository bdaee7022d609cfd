import { request } from 'node:https';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { CisReport } from '../../src/check/cis/check-cis.js';
import { hardeningPlaces as places } from '../../src/desired/hardening/places.js';
import { checked, told } from './check.js';
import { type Lab, type LabHost, startLab } from './hosts.js';
import { startIssuer } from './issuer.js';
import { askKubeBench, kubeBench } from './kube-bench.js';
import { namedHosts } from './named-hosts.js';
import { must, newOperator, nothingToDo, type Operator } from './operator.js';
import { until } from './until.js';

const hosts = namedHosts('hard', 1, 71);
const [host] = hosts as [LabHost];

const smallLogs = { policy: 'baseline', maxSize: 1, maxBackup: 2 };

describe('a hardened control plane', () => {
  let lab: Lab;
  let operator: Operator;
  beforeAll(async () => {
    lab = await startLab({ hosts });
    operator = await newOperator(lab, inject('artifacts'));
  });
  afterAll(async () => {
    await operator?.leave();
    await lab?.down();
  });
  const write = (spec: Readonly<Record<string, unknown>>) =>
    operator.write({ spec: { timeouts: { watchAfterChange: '1s' }, ...spec } });
  const converge = async () => {
    await must(operator.up());
    await nothingToDo(operator);
  };
  /** Nothing fails; with one node there is nobody to reach. */
  const isWell = async () => {
    const report = await checked(operator, host.ip, '--wait', '2m');
    expect(told(report).filter((line) => !line.startsWith('pod-to-pod'))).toEqual([]);
    expect(report.ok).toBe(true);
  };
  const byBenchmark = async (): Promise<CisReport> =>
    JSON.parse((await operator.podstrap(['check', '--cis', '-o', 'json'])).stdout);
  const manifest = () => lab.read(host.name, 'cat /etc/kubernetes/manifests/kube-apiserver.yaml');
  /** What the API server answers to somebody without a certificate. */
  const ask = (path: string, token?: string, body?: object): Promise<{ status: number; text: string }> =>
    new Promise((resolve, reject) => {
      const headers = {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      };
      const method = body === undefined ? 'GET' : 'POST';
      const options = { host: host.ip, port: 6443, path, method, headers, rejectUnauthorized: false };
      const asked = request(options, (response) => {
        let text = '';
        response.on('data', (bytes: Buffer) => {
          text += bytes;
        });
        response.on('end', () => resolve({ status: response.statusCode ?? 0, text }));
      });
      asked.on('error', reject);
      asked.end(body === undefined ? undefined : JSON.stringify(body));
    });
  const anonymously = async (path: string) => (await ask(path)).status;
  const audited = (jq: string) =>
    lab.read(host.name, `grep -h '${jq}' ${places.auditFolder}/*.log | tail -n 1`);

  it('comes up with profile cis, and there is nothing left to do', async () => {
    await write({ profile: 'cis' });
    await converge();
    await isWell();
  });

  it('passes each scored check of the benchmark', async () => {
    const { results } = await byBenchmark();
    expect(results.filter(({ result }) => result === 'fail').map(({ id }) => id)).toEqual([]);
  });

  it.runIf(kubeBench !== undefined)('and kube-bench says the same, check by check', async () => {
    const { results } = await byBenchmark();
    const ours = Object.fromEntries(results.map(({ id, result }) => [id, result.toUpperCase()]));
    expect(ours).toEqual(await askKubeBench(lab, host, 'control-plane'));
  });

  it('tells somebody without credentials how it is, and nothing else', async () => {
    expect(await anonymously('/readyz')).toBe(200);
    expect(await anonymously('/livez')).toBe(200);
    expect(await anonymously('/version')).toBe(401);
    expect(await anonymously('/api/v1/namespaces')).toBe(401);
  });

  it('notes who did what, without what Secrets hold', async () => {
    const value = 'never-in-a-log';
    await operator.kubectl(host.ip, 'create', 'secret', 'generic', 'noted', `--from-literal=key=${value}`);
    await until('the Secret is noted', () => audited('"name":"noted"'));
    const line = JSON.parse(await audited('"name":"noted"'));
    expect(line).toMatchObject({ level: 'Metadata', verb: 'create', objectRef: { resource: 'secrets' } });
    const encoded = Buffer.from(value).toString('base64').replace(/=+$/, '');
    expect((await lab.exec(host.name, `grep -rqE '${value}|${encoded}' ${places.auditFolder}`)).code).toBe(1);
    expect(
      await lab.read(host.name, `stat -c %a%U ${places.auditFolder} ${places.auditFolder}/audit.log`),
    ).toBe('700root\n600root\n');
  });

  it('refuses a pod that wants the host, and a Service that wants an address of others', async () => {
    const pod = JSON.stringify({
      spec: { containers: [{ name: 'x', image: 'x', securityContext: { privileged: true } }] },
    });
    await expect(
      operator.kubectl(host.ip, 'run', 'taker', '--image=x', `--overrides=${pod}`),
    ).rejects.toThrow(/PodSecurity/);
    const service = JSON.stringify({ spec: { externalIPs: ['192.0.2.1'] } });
    await expect(
      operator
        .kubectl(host.ip, 'create', 'service', 'clusterip', 'taker', '--tcp=80')
        .then(() => operator.kubectl(host.ip, 'patch', 'service', 'taker', '-p', service)),
    ).rejects.toThrow(/DenyServiceExternalIPs|externalIPs/);
  });

  it('goes to the default profile, and back, as a change like any other', async () => {
    await write({ profile: 'default' });
    await converge();
    expect(await manifest()).not.toContain('audit-log-path');
    expect(await manifest()).toContain('--profiling=false');
    await write({ profile: 'cis' });
    await converge();
    expect(await manifest()).toContain('audit-log-path');
  });

  it('lets people in by tokens of an issuer', async () => {
    const issuer = await startIssuer(`${lab.settings.subnet}.1`, 8444);
    try {
      await write({
        profile: 'cis',
        authentication: {
          jwt: [
            {
              issuer: { url: issuer.url, audiences: ['kubernetes'], certificateAuthority: issuer.authority },
              claimMappings: { username: { claim: 'sub', prefix: 'oidc:' } },
            },
          ],
        },
      });
      await converge();
      const review = { apiVersion: 'authentication.k8s.io/v1', kind: 'SelfSubjectReview' };
      const reviewed = (token: string) =>
        ask('/apis/authentication.k8s.io/v1/selfsubjectreviews', token, review).then(({ text }) => text);
      const good = issuer.token({ sub: 'alice', aud: 'kubernetes' });
      await until('the issuer is known', async () => (await reviewed(good)).includes('oidc:alice'));
      expect(await reviewed(issuer.token({ sub: 'alice', aud: 'somebody-else' }))).toContain('Unauthorized');
    } finally {
      issuer.close();
    }
  });

  it('rotates the audit log', async () => {
    await write({ profile: 'cis', audit: smallLogs });
    await converge();
    const logs = async () =>
      (await lab.read(host.name, `ls ${places.auditFolder}`)).trim().split('\n').length;
    const names = `kubectl --kubeconfig /etc/kubernetes/admin.conf`;
    await until(
      'old logs are deleted',
      async () => {
        await lab.exec(
          host.name,
          `for i in $(seq 200); do ${names} get --raw /api/v1/namespaces/$i >/dev/null 2>&1; done`,
        );
        return (
          (await logs()) === 3 &&
          (await lab.exec(host.name, `stat -c %s ${places.auditFolder}/audit-*.log`)).stdout
        );
      },
      600,
    );
  });

  it('is put back where an expression keeps the API server from starting', async () => {
    const before = await manifest();
    await write({
      profile: 'cis',
      audit: smallLogs,
      timeouts: { watchAfterChange: '1s', controlPlaneComponentHealthCheck: '1m' },
      authentication: {
        jwt: [
          {
            issuer: { url: 'https://issuer.example.com', audiences: ['kubernetes'] },
            claimMappings: { username: { expression: 'claims.' } },
          },
        ],
      },
    });
    const ended = await operator.up();
    expect(ended.code, ended.stdout).toBe(1);
    expect(`${ended.stdout}${ended.stderr}`).toContain('put back');
    expect(await manifest()).toBe(before);
    await write({ profile: 'cis', audit: smallLogs });
    await nothingToDo(operator);
    await isWell();
  });
});
