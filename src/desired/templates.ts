import { readFileSync } from 'node:fs';
import Handlebars from 'handlebars';

/** Every file in templates/. */
const names = [
  'containerd.service',
  'etcd.yaml',
  'haproxy.cfg',
  'haproxy.yaml',
  'kube-apiserver.yaml',
  'kube-controller-manager.yaml',
  'kube-scheduler.yaml',
  'kube-vip.yaml',
  'kubeconfig.yaml',
  'kubelet.service',
  'podstrap-network.service',
  'podstrap-network.sh',
] as const;

export type TemplateName = (typeof names)[number];
export type Values = Readonly<Record<string, unknown>>;

/** The package's templates/ is two levels up, both from src/desired and from dist/desired. */
const directory = new URL('../../templates/', import.meta.url);
const compiled = Object.fromEntries(
  names.map((name) => [name, compileTemplate(readFileSync(new URL(`${name}.hbs`, directory), 'utf8'))]),
) as Record<TemplateName, (values: Values) => string>;

/**
 * The text of a template with `values` filled in. Templates are read once, when this module is loaded.
 * @throws when the template uses a name that `values` has not: a defect of podstrap
 */
export const render = (name: TemplateName, values: Values): string => compiled[name](values);

/**
 * A template as a function. `{{yaml x}}` writes a scalar that YAML reads back as the very same string, and
 * `{{flag "name" x}}` such a scalar of `--name=x`. A name that is not given is an error wherever it stands; one that
 * may be missing is given as '' or false.
 */
export function compileTemplate(source: string): (values: Values) => string {
  const engine = Handlebars.create();
  const yaml = (value: unknown) => JSON.stringify(String(given(value)));
  engine.registerHelper({
    yaml,
    flag: (name: string, value: unknown) => yaml(`--${name}=${String(given(value))}`),
    if(this: unknown, value: unknown, options: Handlebars.HelperOptions) {
      return given(value) ? options.fn(this) : options.inverse(this);
    },
    each(list: unknown, options: Handlebars.HelperOptions) {
      return (given(list) as readonly unknown[]).map((item) => options.fn(item)).join('');
    },
  });
  return engine.compile(source, {
    strict: true,
    noEscape: true,
    knownHelpersOnly: true,
    knownHelpers: { yaml: true, flag: true },
  });
}

/** Handlebars' strict mode does not look at the arguments of helpers. */
function given(value: unknown): unknown {
  if (value !== undefined) return value;
  throw new TypeError('a template uses a name that it was not given');
}
