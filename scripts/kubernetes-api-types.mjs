// kubernetes-api-types VERSION...: writes src/kubernetes/known-api-types.ts from the OpenAPI documents of these releases, in the
// order of minors. They are part of Kubernetes' module, so nothing is compiled:
//
//   for v in v1.34.4 v1.35.4 v1.36.3 v1.37.2; do go mod download k8s.io/kubernetes@$v; done
//   node scripts/kubernetes-api-types.mjs v1.34.4 v1.35.4 v1.36.3 v1.37.2
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { typesOf } from './kubernetes-words.mjs';

/** What people write whole, as static pods, or in part, as patches. */
const roots = ['io.k8s.api.core.v1.Pod', 'io.k8s.api.core.v1.Node'];

/** Types that are written otherwise than they are described. */
const written = {
  'io.k8s.apimachinery.pkg.api.resource.Quantity': 'quantity',
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': 'integer-or-string',
  'io.k8s.apimachinery.pkg.apis.meta.v1.FieldsV1': 'any',
};

const releases = process.argv.slice(2).map((version) => {
  const module = ['mod', 'download', '-json', `k8s.io/kubernetes@${version}`];
  const { Dir } = JSON.parse(execFileSync('go', module, { encoding: 'utf8' }));
  const document = readFileSync(join(Dir, 'api/openapi-spec/v3/api__v1_openapi.json'), 'utf8');
  const { schemas } = JSON.parse(document).components;
  return { minor: Number(version.split('.')[1]), types: typesIn(schemas) };
});

writeFileSync(
  new URL('../src/kubernetes/known-api-types.ts', import.meta.url),
  `// Made by scripts/kubernetes-api-types.mjs from the OpenAPI documents of ${process.argv.slice(2).join(', ')}; see there.

/** The minors that this table was made of. */
export const apiMinors: readonly number[] = [${releases.map(({ minor }) => minor).join(', ')}];

${typesOf(releases, 'apiTypes', 'The types of Pods and Nodes.')}`,
);

/** By type, its fields with theirs: those of the roots and of all that they have. */
function typesIn(schemas) {
  const types = {};
  const add = (reference) => {
    if (written[reference] !== undefined) return written[reference];
    const { properties, ...schema } = schemas[reference];
    if (properties === undefined) return typeOf(schema);
    const name = reference.split('.').at(-1);
    if (types[name] === undefined) {
      types[name] = {};
      for (const [field, one] of Object.entries(properties)) types[name][field] = typeOf(one);
    }
    return name;
  };
  const typeOf = ({ $ref, allOf, type, items, additionalProperties, format }) => {
    const reference = $ref ?? allOf?.[0].$ref;
    if (reference !== undefined) return add(reference.split('/').at(-1));
    if (type === 'array') return `[]${typeOf(items)}`;
    if (type === 'object') return additionalProperties ? `{}${typeOf(additionalProperties)}` : 'any';
    return format === 'byte' ? 'bytes' : type;
  };
  for (const root of roots) add(root);
  return types;
}
