import { describe, expect, test } from 'vitest';
import { readDocuments } from '../../src/inventory/addons/read-documents.js';
import { describeProblem } from '../../src/inventory/reading/problem.js';
import { complaintsAbout, documentWith, filesOf, inventoryOf, problemsOf } from './sample.js';

const text = documentWith({ addons: [{ name: 'shop', path: 'shop' }] });
const shop = (contents: Readonly<Record<string, string>>) => ({
  files: filesOf(
    Object.fromEntries(Object.entries(contents).map(([name, one]) => [`/inventory/shop/${name}`, one])),
  ),
});
const objectsOf = (contents: Readonly<Record<string, string>>) =>
  inventoryOf(text, shop(contents)).addons[0]!.objects;

const map = 'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: NAME }\n';
const named = (name: string) => map.replace('NAME', name);

describe('manifests of an addon', () => {
  test('are the documents of all files in the folder, with their places; lists are what is in them', () => {
    const list = `apiVersion: v1\nkind: List\nitems:\n  - { apiVersion: v1, kind: Pod, metadata: { name: a } }\n`;
    const objects = objectsOf({
      'b.yml': `# two\n${named('one')}---\n# nothing\n---\n\n${named('two')}`,
      'a.json':
        '{\n\t"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "stringData": {"a": "b"}}',
      'c/d.yaml': list,
      'README.md': 'none',
      '.hidden.yaml': 'none',
    });
    expect(objects.map(({ place, object }) => `${place} ${object.kind} ${object.metadata.name}`)).toEqual([
      'shop/a.json:1 Secret s',
      'shop/b.yml:2 ConfigMap one',
      'shop/b.yml:9 ConfigMap two',
      'shop/c/d.yaml:1 Pod a',
    ]);
    expect(objects[0]!.object).toEqual({
      apiVersion: 'v1',
      kind: 'Secret',
      metadata: { name: 's' },
      data: { a: 'Yg==' },
    });
  });

  test('come without what only the API server writes', () => {
    const exported = `apiVersion: v1
kind: Namespace
metadata: { name: a, uid: x, resourceVersion: "1", creationTimestamp: null, labels: { b: c } }
status: { phase: Active }
`;
    expect(objectsOf({ 'a.yaml': exported })[0]!.object).toEqual({
      apiVersion: 'v1',
      kind: 'Namespace',
      metadata: { name: 'a', labels: { b: 'c' } },
    });
  });

  test('are read as kubectl reads them', () => {
    const [first] = readDocuments(
      'mode: 0644\non: yes\nday: 2026-01-01\nport: "80:80"\nratio: 1:30\n',
    ) as readonly { readonly value: unknown }[];
    expect(first!.value).toEqual({
      mode: 0o644,
      true: true,
      day: '2026-01-01',
      port: '80:80',
      ratio: '1:30',
    });
  });
});

test.each<readonly [string, string, string]>([
  ['no YAML', 'a: [1\n', 'shop/a.yaml:2:1  spec.addons[0].path: '],
  ['a template', 'a: {{ .Values.a }}\n', '`helm template` makes manifests of it'],
  [
    'no mapping',
    '- a\n',
    'shop/a.yaml:1:1  spec.addons[0].path: no mapping; expected an object with apiVersion',
  ],
  [
    'no apiVersion',
    `---\n${named('a').slice(15)}`,
    'shop/a.yaml:2:1  spec.addons[0].path: apiVersion is nothing',
  ],
  [
    'no kind',
    'apiVersion: v1\nmetadata: { name: a }\n',
    'kind is nothing; expected a kind such as Deployment',
  ],
  ['no name', 'apiVersion: v1\nkind: Pod\nmetadata: {}\n', 'Pod whose metadata.name is nothing'],
  ['a generated name', 'apiVersion: v1\nkind: Pod\nmetadata: { generateName: a- }\n', 'generateName'],
  ['a mistyped kind', named('a').replace('ConfigMap', 'ConfigMpa'), 'did you mean "ConfigMap"?'],
  ['another group', named('a').replace('ConfigMap', 'Deployment'), 'did you mean apiVersion apps/v1?'],
  [
    'a version that is gone',
    'apiVersion: policy/v1beta1\nkind: PodDisruptionBudget\nmetadata: { name: a }\n',
    '"policy/v1"?',
  ],
  [
    'a kustomization',
    'apiVersion: kustomize.config.k8s.io/v1beta1\nkind: Kustomization\n',
    'kubectl kustomize',
  ],
  [
    'a label that is no text',
    named('a').replace('NAME', 'a').replace('}', ', labels: { b: true } }'),
    'b is not text',
  ],
  [
    'an object twice',
    `${named('a')}---\n${named('a')}`,
    'shop/a.yaml:5:1  spec.addons[0].path: ConfigMap a a second time (first in shop/a.yaml:1)',
  ],
])('refused: %s', (_name, manifest, says) => {
  const problems = problemsOf(text, shop({ 'a.yaml': manifest }));
  expect(problems.map(describeProblem).join('\n')).toContain(says);
});

describe('the entries', () => {
  test('name what is there', () => {
    expect(complaintsAbout(text, { files: filesOf({}) })).toEqual([
      'spec.addons[0].path: no such file or folder: shop (/inventory/shop)',
    ]);
    expect(complaintsAbout(text, shop({ 'README.md': '' }))).toEqual([
      'spec.addons[0].path: shop holds no manifest',
    ]);
    expect(complaintsAbout(text, shop({ 'a.yaml': '# nothing\n' }))).toEqual([
      'spec.addons[0].path: shop describes no object',
    ]);
  });

  test('have names of their own, and no unknown fields', () => {
    const addons = [
      { name: 'a', path: 'a' },
      { name: 'a', path: 'b', netwrok: false },
    ];
    expect(complaintsAbout(documentWith({ addons }))).toEqual([
      'spec.addons[1].name: "a" is the name of spec.addons[0] as well',
      expect.stringContaining('netwrok'),
    ]);
  });

  test('bring the network exactly when the inventory says so', () => {
    const network = { name: 'a', path: 'a', network: true };
    expect(complaintsAbout(documentWith({ addons: [network] }))).toEqual([
      'spec.addons[0].network: true, and spec.networking.plugin is "routes"',
    ]);
    const networking = { plugin: 'manifests' };
    expect(complaintsAbout(documentWith({ networking }))).toEqual([
      'spec.networking.plugin: "manifests", and no addon says network: true',
    ]);
    expect(complaintsAbout(documentWith({ networking, addons: [network] }))).toEqual([]);
    expect(
      inventoryOf(documentWith({ networking, addons: [network] })).spec.networking.podSubnet,
    ).toBeUndefined();
  });
});
