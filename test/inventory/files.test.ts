import { generateKeyPairSync } from 'node:crypto';
import forge from 'node-forge';
import { describe, expect, test } from 'vitest';
import { resolvePath } from '../../src/inventory/reading/files.js';
import { complaintsAbout, documentWith, filesOf, inventoryOf } from './sample.js';

const keys = generateKeyPairSync('rsa', {
  modulusLength: 2048,
  publicKeyEncoding: { type: 'spki', format: 'pem' },
  privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
});

function certificate({ ca }: { ca: boolean }): string {
  const made = forge.pki.createCertificate();
  made.publicKey = forge.pki.publicKeyFromPem(keys.publicKey);
  made.setSubject([{ name: 'commonName', value: 'test' }]);
  made.setIssuer([{ name: 'commonName', value: 'test' }]);
  made.setExtensions([{ name: 'basicConstraints', cA: ca }]);
  made.sign(forge.pki.privateKeyFromPem(keys.privateKey), forge.md.sha256.create());
  return forge.pki.certificateToPem(made);
}

const environment = { HOME: '/home/me' };
const authority = (pair: object) => documentWith({ certificateAuthorities: { ca: pair } });

describe('files that the inventory names', () => {
  test('are looked for beside it and at home', () => {
    const text = documentWith({ ssh: { identityFile: '~/.ssh/id', configFile: 'ssh/config' } });
    expect(complaintsAbout(text, { environment, files: filesOf({}) })).toEqual([
      'spec.ssh.identityFile: no such file: ~/.ssh/id (/home/me/.ssh/id)',
      'spec.ssh.configFile: no such file: ssh/config (/inventory/ssh/config)',
    ]);
    const files = filesOf({ '/home/me/.ssh/id': 'PRIVATE', '/inventory/ssh/config': '' });
    expect(complaintsAbout(text, { environment, files })).toEqual([]);
  });

  test('are reported for a single host as well, and once for each', () => {
    const host = {
      name: 'cp-1',
      address: '192.0.2.1',
      roles: ['control-plane'],
      ssh: { identityFile: 'key' },
    };
    expect(complaintsAbout(documentWith({ hosts: [host] }), { files: filesOf({}) })).toEqual([
      'spec.hosts[0].ssh.identityFile: no such file: key (/inventory/key)',
    ]);
  });

  test('are not looked for when SSH shall read none', () => {
    expect(complaintsAbout(documentWith({ ssh: { configFile: 'none' } }), { files: filesOf({}) })).toEqual(
      [],
    );
  });

  test('must not be the public half of a key', () => {
    const text = documentWith({ ssh: { identityFile: 'id.pub' } });
    expect(complaintsAbout(text, { files: filesOf({ '/inventory/id.pub': 'ssh-ed25519 AAAA' }) })).toEqual([
      'spec.ssh.identityFile: id.pub holds a public key; the private one is beside it, without .pub',
    ]);
  });

  test('must not be directories', () => {
    const text = documentWith({ artifacts: { registries: { 'r.example.com': { caFile: 'pki' } } } });
    expect(complaintsAbout(text, { files: filesOf({ '/inventory/pki/ca.crt': '' }) })).toEqual([
      'spec.artifacts.registries["r.example.com"].caFile: pki (/inventory/pki) is a directory',
    ]);
  });

  test('must hold a public key where bundles are to be signed', () => {
    const text = documentWith({ artifacts: { bundle: { publicKeyFile: 'bundle.key' } } });
    const holding = (what: string) => filesOf({ '/inventory/bundle.key': `-----BEGIN ${what} KEY-----` });
    expect(complaintsAbout(text, { files: holding('PUBLIC') })).toEqual([]);
    expect(complaintsAbout(text, { files: holding('PRIVATE') })).toEqual([
      'spec.artifacts.bundle.publicKeyFile: bundle.key holds no public key in PEM',
    ]);
  });

  test('must hold an authority where one is asked for', () => {
    const files = filesOf({
      '/inventory/ca.crt': certificate({ ca: true }),
      '/inventory/leaf.crt': certificate({ ca: false }),
      '/inventory/text': 'not PEM',
    });
    expect(complaintsAbout(authority({ certificate: 'ca.crt' }), { files })).toEqual([]);
    expect(complaintsAbout(authority({ certificate: 'leaf.crt' }), { files })).toEqual([
      'spec.certificateAuthorities.ca.certificate: leaf.crt holds a certificate that may not sign others',
    ]);
    expect(complaintsAbout(authority({ certificate: 'text', key: 'ca.crt' }), { files })).toEqual([
      'spec.certificateAuthorities.ca.certificate: text holds no certificate in PEM',
      'spec.certificateAuthorities.ca.key: ca.crt holds no private key in PEM',
    ]);
  });
});

test('a path starts at the inventory, at home, or at the root', () => {
  const from = { directory: '/inventory', home: '/home/me' };
  expect(['a', '../a', '~/a', '~', '~you', '/a'].map((path) => resolvePath(path, from))).toEqual([
    '/inventory/a',
    '/a',
    '/home/me/a',
    '/home/me',
    '/inventory/~you',
    '/a',
  ]);
});

describe('patches', () => {
  const text = documentWith({ patches: { directory: 'patches' } });

  test('are loaded in the order of their names, with the target and type that the name says', () => {
    const files = filesOf({
      '/inventory/patches/kube-apiserver1+merge.json': '{"metadata": {"labels": {"a": "b"}}}',
      '/inventory/patches/etcd.yaml': 'spec: {}',
      '/inventory/patches/kubeletconfiguration+json.yaml': '- { op: remove, path: /a }',
      '/inventory/patches/README.md': 'not a patch',
    });
    expect(inventoryOf(text, { files }).patches).toEqual([
      { target: 'etcd', type: 'strategic', file: '/inventory/patches/etcd.yaml', content: { spec: {} } },
      {
        target: 'kube-apiserver',
        type: 'merge',
        file: '/inventory/patches/kube-apiserver1+merge.json',
        content: { metadata: { labels: { a: 'b' } } },
      },
      {
        target: 'kubeletconfiguration',
        type: 'json',
        file: '/inventory/patches/kubeletconfiguration+json.yaml',
        content: [{ op: 'remove', path: '/a' }],
      },
    ]);
  });

  test('that cannot be used are all reported', () => {
    const files = filesOf({
      '/inventory/patches/etcd+mrege.yaml': '{}',
      '/inventory/patches/kube-apisever.yaml': '{}',
      '/inventory/patches/kube-scheduler+json.yaml': '{}',
      '/inventory/patches/kube-scheduler.yaml': 'a: [',
      '/inventory/patches/etcd.yaml': '',
    });
    expect(complaintsAbout(text, { files })).toEqual([
      expect.stringMatching(/^spec\.patches\.directory: etcd\.yaml: /),
      'spec.patches.directory: etcd+mrege.yaml has no known type of patch',
      'spec.patches.directory: kube-apisever.yaml patches nothing known',
      expect.stringMatching(/^spec\.patches\.directory: kube-scheduler\.yaml: /),
      'spec.patches.directory: kube-scheduler+json.yaml does not hold what its type asks for',
    ]);
  });

  test('need their directory', () => {
    expect(complaintsAbout(text, { files: filesOf({}) })).toEqual([
      'spec.patches.directory: no such directory: /inventory/patches',
    ]);
  });
});

describe('files of a component', () => {
  const withFiles = (...extraFiles: object[]) => documentWith({ apiServer: { extraFiles } });
  const policy = { source: 'policy.yaml', path: '/etc/kubernetes/audit/policy.yaml' };

  test('are read with the inventory', () => {
    const files = filesOf({ '/inventory/policy.yaml': 'kind: Policy\n' });
    expect(inventoryOf(withFiles(policy), { files }).files.get('policy.yaml')?.reveal()).toBe(
      'kind: Policy\n',
    );
  });

  test('must be there, and YAML where they say so; what is in them is not quoted', () => {
    const files = filesOf({ '/inventory/broken.yaml': 'secret: "abc\n' });
    const said = complaintsAbout(withFiles(policy, { ...policy, source: 'broken.yaml' }), { files });
    expect(said).toEqual([
      'spec.apiServer.extraFiles[0].source: policy.yaml is not there (/inventory/policy.yaml)',
      expect.stringMatching(/^spec.apiServer.extraFiles\[1\].source: broken.yaml is not YAML: /),
      'spec.apiServer.extraFiles[1].path: /etc/kubernetes/audit/policy.yaml comes from policy.yaml as well',
    ]);
    expect(said.join()).not.toContain('abc');
  });

  test.each([
    '/etc/kubernetes/policy.yaml',
    '/etc/kubernetes/manifests/policy.yaml',
    '/etc/kubernetes/pki/ca.crt',
    '/etc/kubernetes/audit/../pki/ca.crt',
    '/etc/kubernetes/.podstrap/parked/a',
    '/etc/passwd',
    'policy.yaml',
  ])('may not go to %s', (path) => {
    const files = filesOf({ '/inventory/policy.yaml': 'kind: Policy' });
    expect(complaintsAbout(withFiles({ ...policy, path }), { files })).toEqual([
      `spec.apiServer.extraFiles[0].path: ${JSON.stringify(path)}`,
    ]);
  });
});
