import { describe, expect, test } from 'vitest';
import { describeProblem } from '../../src/inventory/reading/problem.js';
import { documentWith, inventoryOf, minimal, problemsOf, read } from './sample.js';

const lines = (text: string) => problemsOf(text).map(describeProblem);

describe('a sound inventory', () => {
  test('gets kubeadm’s defaults and no warnings', () => {
    const { inventory, warnings } = read(minimal);
    expect(warnings).toEqual([]);
    expect(inventory.spec).toMatchObject({
      clusterName: 'kubernetes',
      networking: { serviceSubnet: '10.96.0.0/12', dnsDomain: 'cluster.local' },
      imageRepository: 'registry.k8s.io',
      certificateValidityPeriod: '8760h',
      apiServer: { bindPort: 6443, certSANs: [], extraArgs: [] },
      etcd: { local: { dataDir: '/var/lib/etcd' } },
      timeouts: { controlPlaneComponentHealthCheck: '4m' },
    });
  });

  test('advertises the address of a host unless told otherwise', () => {
    const { hosts } = inventoryOf(
      documentWith({
        hosts: [
          { name: 'cp-1', address: '192.0.2.11', roles: ['control-plane'] },
          { name: 'w-1', address: 'w-1.example.com', advertiseAddress: '192.0.2.21', roles: ['worker'] },
        ],
      }),
    ).spec;
    expect(hosts.map((host) => host.advertiseAddress)).toEqual(['192.0.2.11', '192.0.2.21']);
  });

  test('has addresses of IPv6 as hosts print them', () => {
    const { hosts } = inventoryOf(
      documentWith({
        networking: { serviceSubnet: 'fd00:96::/112' },
        hosts: [{ name: 'cp-1', address: '2001:DB8:0:0::0011', roles: ['control-plane'] }],
      }),
    ).spec;
    expect(hosts[0]!.advertiseAddress).toBe('2001:db8::11');
  });

  test('knows the place of every field, and of the parent of one that is absent', () => {
    const { placeOf } = inventoryOf(minimal);
    expect(placeOf('spec.kubernetesVersion')).toBe('cluster.yaml:5:3');
    expect(placeOf('spec.hosts[0].address')).toBe('cluster.yaml:7:21');
    expect(placeOf('spec.apiServer.bindPort')).toBe('cluster.yaml:4:1');
  });

  test('may use anchors and merge keys', () => {
    const { hosts } =
      inventoryOf(`${minimal}    - &worker { name: w-1, address: 192.0.2.21, roles: [worker], labels: { disk: ssd } }
    - { <<: *worker, name: w-2, address: 192.0.2.22 }
`).spec;
    expect(hosts[2]).toMatchObject({
      name: 'w-2',
      address: '192.0.2.22',
      roles: ['worker'],
      labels: { disk: 'ssd' },
    });
  });

  test('may leave fields empty, as if they were not written', () => {
    expect(read(`${minimal}  ssh:\n  apiServer:\n    extraArgs:\n`).warnings).toEqual([]);
  });

  test('keeps what podstrap passes on to others', () => {
    const { kubelet } = inventoryOf(
      documentWith({ kubelet: { config: { tracing: { endpoint: null } } } }),
    ).spec;
    expect(kubelet.config).toEqual({ tracing: { endpoint: null } });
  });
});

describe('every problem is reported at once, each with its place', () => {
  test('across syntax of values, fields, types, meaning', () => {
    const text = `apiVersion: podstrap.io/v1alpha1
kind: Clustr
metadata: { name: prod }
spec:
  kubernetesVersion: 1.36
  controlPlaneEndpoint: https://api.example.com:6443
  podSubnet: 10.244.0.0/16
  networking: { podSubnet: 10.96.7.0/16 }
  ssh: { become: sduo }
  hosts:
    - { name: CP_1, adress: 192.0.2.11, roles: [control-plane] }
    - name: w-1
      address: 192.0.2.11
      labels: { ssd: true }
      roles: [workers]
  apiServer: { extraArgs: [{ name: --v, value: 2 }] }
  timeouts: { kubeletHealthCheck: 10 }
`;
    expect(lines(text)).toEqual([
      'cluster.yaml:2:7  kind: "Clustr"; did you mean "Cluster"?',
      'cluster.yaml:5:22  spec.kubernetesVersion: 1.36; did you mean "v1.36.0"?',
      'cluster.yaml:6:25  spec.controlPlaneEndpoint: "https://api.example.com:6443"; did you mean "api.example.com:6443"?',
      'cluster.yaml:7:3  spec.podSubnet: unknown field; it belongs to spec.networking',
      'cluster.yaml:8:28  spec.networking.podSubnet: 10.96.7.0/16 has bits set behind its prefix; did you mean "10.96.0.0/16"?',
      'cluster.yaml:8:28  spec.networking.podSubnet: 10.96.7.0/16 overlaps the service network 10.96.0.0/12; expected networks for pods and services that have no address in common',
      'cluster.yaml:9:18  spec.ssh.become: "sduo"; did you mean "sudo"?',
      'cluster.yaml:11:15  spec.hosts[0].name: "CP_1"; did you mean "cp-1"?',
      'cluster.yaml:11:21  spec.hosts[0].adress: unknown field; did you mean "address"?',
      'cluster.yaml:13:16  spec.hosts[1].address: "192.0.2.11" is also spec.hosts[0].address; expected one that nothing else here uses',
      'cluster.yaml:14:22  spec.hosts[1].labels.ssd: true; write it in quotes: "true"',
      'cluster.yaml:15:15  spec.hosts[1].roles[0]: "workers"; did you mean "worker"?',
      'cluster.yaml:16:36  spec.apiServer.extraArgs[0].name: "--v"; did you mean "v"?',
      'cluster.yaml:16:48  spec.apiServer.extraArgs[0].value: 2; write it in quotes: "2"',
      'cluster.yaml:17:35  spec.timeouts.kubeletHealthCheck: 10; expected a duration such as 30s, 4m, 1h30m or 8760h',
    ]);
  });

  test('and the failure says how many, where, and what to do', () => {
    expect(() => read('kind: Cluster\n')).toThrow(
      expect.objectContaining({
        kind: 'inventory',
        doing: 'Reading cluster.yaml',
        said: expect.stringContaining('3 problems\ncluster.yaml:1:1  apiVersion: missing;'),
        next: expect.stringContaining('correct cluster.yaml'),
      }),
    );
  });

  test('a missing field is told by what it is for', () => {
    expect(lines(minimal.replace('address: 192.0.2.11, ', ''))).toEqual([
      'cluster.yaml:7:7  spec.hosts[0].address: missing; expected where to connect with SSH: a DNS name, an alias from ssh_config, or an IP address',
    ]);
  });

  test('with what would be right for machines to read', () => {
    expect(problemsOf(documentWith({ ssh: { prot: 22 } }))).toEqual([
      {
        file: 'cluster.yaml',
        line: 13,
        column: 5,
        path: 'spec.ssh.prot',
        found: 'unknown field',
        expected:
          'one of user, port, identityFile, identitiesOnly, proxyJump, client, become, configFile, knownHostsFile, connectTimeout',
        hint: 'did you mean "port"?',
        severity: 'error',
      },
    ]);
  });
});

describe('YAML', () => {
  const cases: readonly [sentence: string, text: string, problem: string][] = [
    [
      'an empty file',
      '',
      'cluster.yaml:1:1  the file is empty; expected an inventory, such as `podstrap init -f NEW-FILE` writes',
    ],
    [
      'a file of comments',
      '# later\n',
      'cluster.yaml:1:1  there is nothing but comments; expected an inventory, such as `podstrap init -f NEW-FILE` writes',
    ],
    [
      'four numbers that are no address',
      minimal.replace('192.0.2.11', '192.0.2.999'),
      'cluster.yaml:7:30  spec.hosts[0].address: "192.0.2.999"; expected a host name or an IP address, without user or port',
    ],
    ['broken syntax', 'a: [1\nb: {', 'cluster.yaml:2:1  deficient indentation; expected valid YAML'],
    [
      'a key that stands twice',
      minimal.replace('  hosts:', '  kubernetesVersion: v1.36.2\n  hosts:'),
      'cluster.yaml:6:3  spec.kubernetesVersion: the field appears twice (first on line 5); expected each field only once',
    ],
    [
      'a second document',
      `${minimal}---\n${minimal}`,
      'cluster.yaml:9:1  a second document; expected one document per file; move the next one to a file of its own',
    ],
    [
      'an alias of nothing',
      minimal.replace('192.0.2.11', '*nobody'),
      'cluster.yaml:7:30  spec.hosts[0].address: *nobody without an &nobody before it; expected an alias of a finished anchor',
    ],
    [
      'a tag that is none of YAML’s',
      minimal.replace('name: prod', 'name: !env prod'),
      'cluster.yaml:3:24  metadata.name: unknown scalar tag !<!env>; expected a value without a tag of its own',
    ],
  ];
  test.each(cases)('%s', (_, text, problem) => {
    expect(lines(text)).toContain(problem);
  });

  test('may end with the line that begins another document, or with empty ones', () => {
    for (const end of ['---\n', '---\n# nothing\n---\n', '...\n'])
      expect(lines(`${minimal}${end}`)).toEqual([]);
    expect(lines(`${minimal}---\n---\na: b\n`)).toEqual([expect.stringContaining('10:1  a second document')]);
  });

  test('may begin with a byte order mark and end its lines as Windows does', () => {
    const text = `\uFEFF${minimal.replaceAll('\n', '\r\n')}`.replace('kind: Cluster', 'kind: Clusters');
    expect(lines(text)).toEqual(['cluster.yaml:2:7  kind: "Clusters"; did you mean "Cluster"?']);
  });
});
