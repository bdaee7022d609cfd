import { dump } from 'js-yaml';
import { stringify } from 'smol-toml';
import { describe, expect, test } from 'vitest';
import { canonicalYaml } from '../src/desired/canonical-yaml.js';
import { overrideUnit } from '../src/desired/node/unit-file.js';
import { holdsSecrets, maskSecrets } from '../src/secrets/mask-secrets.js';

const secret = 'hunter2-canary';
const lines = (...all: readonly string[]) => all.join('\n');

/** A text, and how people see it. */
const shown: readonly (readonly [what: string, text: string, seen: string])[] = [
  ['a field of TOML', 'password = "hunter2"', 'password = "[redacted]"'],
  ['a header in TOML', 'Authorization = [ "Basic aHVudGVyMg==" ]', 'Authorization = "[redacted]"'],
  ['an inline table', 'auth = { username = "ann", password = "hunter2" }', 'auth = "[redacted]"'],
  [
    'one under another name',
    'basic = { username = "ann", password = "hunter2" }',
    'basic = { username = "ann", password = "[redacted]" }',
  ],
  ['a quoted key', '"identitytoken" = "x"', '"identitytoken" = "[redacted]"'],
  [
    'a text of several lines in TOML',
    lines('token = """', 'hunter2', '"""', 'x = 1'),
    lines('token = """[redacted]', '[redacted]', '[redacted]"""', 'x = 1'),
  ],
  ['a flag of a manifest', '- --oidc-client-secret=hunter 2', '- --oidc-client-secret=[redacted]'],
  ['a quoted one', '- "--token=a: b"', '- "--token=[redacted]"'],
  [
    'flags of a unit',
    'ExecStart=/x --token=abc --v=2 --password hunter2 \\',
    'ExecStart=/x --token=[redacted] --v=2 --password [redacted] \\',
  ],
  ['a variable of a unit', 'Environment=FOO=bar', 'Environment=FOO=[redacted]'],
  [
    'several of them',
    'Environment="A=b c" D=e GOMAXPROCS=4',
    'Environment="A=[redacted]" D=[redacted] GOMAXPROCS=4',
  ],
  [
    'one that goes on',
    lines('Environment=A=b \\', '  C=d', '[Service]'),
    lines('Environment=A=[redacted] \\', '  C=[redacted]', '[Service]'),
  ],
  ['a proxy', 'Environment=HTTP_PROXY=http://ann:pw@p:1', 'Environment=HTTP_PROXY=http://[redacted]@p:1'],
  [
    'a variable of a container',
    lines('env:', '- name: DSN', '  value: postgres'),
    lines('env:', '- name: DSN', '  value: "[redacted]"'),
  ],
  [
    'a number under a telling name',
    lines('env:', '- name: MY_PIN_TOKEN', '  value: "123"'),
    lines('env:', '- name: MY_PIN_TOKEN', '  value: "[redacted]"'),
  ],
  [
    'a text of several lines',
    lines('env:', '- name: X', '  value: |-', '    one', '    two', 'image: y'),
    lines('env:', '- name: X', '  value: |-', '    [redacted]', '    [redacted]', 'image: y'),
  ],
  [
    'a key of encryption',
    lines('keys:', '- name: key1', '  secret: c2VjcmV0'),
    lines('keys:', '- name: key1', '  secret: "[redacted]"'),
  ],
  ['JSON', '{"password": "hunter2", "user": "ann"}', '{"password": "[redacted]", "user": "ann"}'],
  ['a number', 'password: 12345', 'password: "[redacted]"'],
  [
    'a private key',
    lines('key: |', '  -----BEGIN RSA PRIVATE KEY-----', '  abc', '  -----END RSA PRIVATE KEY-----', 'b: 1'),
    lines(
      'key: |',
      '  -----BEGIN RSA PRIVATE KEY-----[redacted]',
      '  [redacted]',
      '  -----END RSA PRIVATE KEY-----',
      'b: 1',
    ),
  ],
];

describe('people see of', () => {
  test.each(shown)('%s that it is there, and not what it is', (_what, text, seen) => {
    expect(maskSecrets(text)).toBe(seen);
  });
});

/** What looks like a secret and is none. */
test.each([
  '- --service-account-key-file=/etc/kubernetes/pki/sa.pub',
  '- --service-account-signing-key-file=/etc/kubernetes/pki/sa.key',
  '- --authorization-mode=Node,RBAC',
  '- --enable-bootstrap-token-auth=true',
  '- --use-service-account-credentials=true',
  '- --tls-private-key-file=/etc/kubernetes/pki/apiserver.key',
  lines('authorization:', '  mode: Webhook', '  webhook:', '    cacheAuthorizedTTL: 0s'),
  lines('authentication:', '  anonymous:', '    enabled: false'),
  'automountServiceAccountToken: false',
  lines('volumes:', '- name: s', '  secret:', '    secretName: tls'),
  lines('env:', '- name: POD', '  valueFrom:', '    secretKeyRef:', '      name: a', '      key: password'),
  lines(
    'env:',
    '- name: vip_interface',
    '  value: eth0',
    '- name: GOMAXPROCS',
    '  value: "4"',
    '- name: DEBUG',
    '  value: "true"',
  ),
  lines('env:', '- name: NO_PROXY', '  value: 10.0.0.0/8,.svc'),
  lines(
    '[Service]',
    'Environment=GOGC=50',
    'ExecStart=/usr/local/bin/kubelet \\',
    '  --config=/var/lib/kubelet/config.yaml \\',
    '  --v=2',
  ),
  '          SystemdCgroup = true',
])('nothing is hidden of %j', (text) => {
  expect(maskSecrets(text)).toBe(text);
  expect(holdsSecrets(text)).toBe(false);
});

describe('wherever a secret may stand, in whatever way it is written', () => {
  const values = [
    secret,
    `${secret} with spaces`,
    `"${secret}"`,
    `'${secret}: x`,
    `one\n${secret}\nthree`,
    `- ${secret}`,
    `x${'y'.repeat(200)} ${secret}`,
  ];
  const places: readonly (readonly [string, (value: string) => string])[] = [
    [
      'registries of containerd',
      (password) =>
        stringify({
          plugins: {
            'io.containerd.cri.v1.images': {
              registry: { configs: { 'r.example': { auth: { username: 'ann', password } } } },
            },
          },
        }),
    ],
    ['headers of containerd', (value) => stringify({ host: { header: { Authorization: [value] } } })],
    [
      'variables of a pod',
      (value) =>
        canonicalYaml({
          spec: {
            containers: [
              {
                env: [
                  { name: 'A', value },
                  { name: 'B', value: 'true' },
                ],
                image: 'x',
              },
            ],
          },
        }),
    ],
    [
      'flags of a pod',
      (value) => canonicalYaml({ command: ['kube-apiserver', `--oidc-client-secret=${value}`, '--v=2'] }),
    ],
    ['headers of the kubelet', (value) => canonicalYaml({ staticPodURLHeader: { Authorization: [value] } })],
    ['a field of an addon', (password) => dump({ spec: { password, other: 1 } })],
    ['JSON', (token) => JSON.stringify({ a: { token }, b: 1 }, null, 2)],
    ['JSON on one line', (token) => JSON.stringify({ a: { token }, b: 1 })],
  ];
  test.each(places.flatMap(([place, write]) => values.map((value) => [place, value, write] as const)))(
    'in %s: %j',
    (_place, value, write) => {
      const text = write(value);
      expect(text).toContain('canary');
      const seen = maskSecrets(text);
      expect(seen).not.toContain('canary');
      expect(seen.split('\n').length).toBe(text.split('\n').length);
      expect(holdsSecrets(text)).toBe(true);
    },
  );

  test.each([
    ['a bare one', `TOKEN=${secret}`],
    ['one with spaces', `"TOKEN=${secret} x"`],
    ['one of several', `A=1 "TOKEN=x ${secret}" B=${secret}`],
  ])('in variables of a unit: %s', (_what, value) => {
    const text = overrideUnit('[Service]\nExecStart=/x\n', { Service: { Environment: value } });
    expect(maskSecrets(text)).not.toContain('canary');
  });
});

test('what is known to be a secret is masked wherever it stands', () => {
  expect(maskSecrets('comment: by ann-hunter2', { known: ['hunter2', 'ann-hunter2'] })).toBe(
    'comment: by [redacted]',
  );
});

test('of objects of the API only variables with a telling name are masked', () => {
  const text = lines('env:', '- name: LEVEL', '  value: debug', '- name: API_TOKEN', '  value: abc');
  expect(maskSecrets(text, { variables: 'named' })).toBe(
    lines('env:', '- name: LEVEL', '  value: debug', '- name: API_TOKEN', '  value: "[redacted]"'),
  );
});
