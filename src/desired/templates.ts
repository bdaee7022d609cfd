import Handlebars from 'handlebars';
import { word } from '../host/shell.js';
import type { PodName } from '../kubernetes/pod-names.js';
import { shippedText } from '../shipped-text.js';
import { environmentWord, execWord } from './node/unit-file.js';

/** Every file in templates/. */
export type TemplateName =
  | `${PodName}.yaml`
  | 'containerd.service'
  | 'haproxy.cfg'
  | 'kubeconfig.yaml'
  | 'kubelet.service'
  | 'podstrap-network.service'
  | 'podstrap-network.sh';

export type Values = Readonly<Record<string, unknown>>;

/** Characters that mean themselves to a shell, in a scalar of YAML, and to systemd and HAProxy. */
const plainText = /^[A-Za-z0-9_*@+=:,./[\]-]*$/;

/** Those that were needed so far: most commands need none, and none needs all. */
const compiled = new Map<TemplateName, (values: Values) => string>();

/**
 * The text of a template with `values` filled in. A template is read once, when it is first needed.
 * @throws when the template uses a name that `values` has not: a defect of podstrap
 */
export function render(name: TemplateName, values: Values): string {
  const known = compiled.get(name);
  if (known !== undefined) return known(values);
  const made = compileTemplate(shippedText(`templates/${name}.hbs`));
  compiled.set(name, made);
  return made(values);
}

/**
 * A template as a function. `{{yaml x}}` writes a scalar that YAML reads back as the very same string,
 * `{{flag "name" x}}` such a scalar of `--name=x`, `{{word x}}` one word for a shell, `{{environment x}}` and `{{exec x}}`
 * one of systemd's Environment= and ExecStart=. `{{x}}` alone writes plain text:
 * a value that a shell, YAML, systemd or HAProxy would read as anything else is an error. So is a name that is not
 * given, wherever it stands; one that may be missing is given as '' or false.
 */
export function compileTemplate(source: string): (values: Values) => string {
  const engine = Handlebars.create();
  const yaml = (value: unknown) => JSON.stringify(String(given(value)));
  engine.registerHelper({
    yaml,
    plain,
    environment: (value: unknown) => environmentWord(String(given(value))),
    exec: (value: unknown) => execWord(String(given(value))),
    word: (value: unknown) => word(String(given(value))),
    flag: (name: string, value: unknown) => yaml(`--${name}=${String(given(value))}`),
    if(this: unknown, value: unknown, options: Handlebars.HelperOptions) {
      return given(value) ? options.fn(this) : options.inverse(this);
    },
    each(list: unknown, options: Handlebars.HelperOptions) {
      return (given(list) as readonly unknown[]).map((item) => options.fn(item)).join('');
    },
  });
  return engine.compile(quoting(engine, source), {
    strict: true,
    noEscape: true,
    knownHelpersOnly: true,
    knownHelpers: { yaml: true, flag: true, plain: true, environment: true, exec: true, word: true },
  });
}

/** The template with each `{{x}}` as `{{plain x}}`: no value gets around a helper. */
function quoting(engine: typeof Handlebars, source: string): hbs.AST.Program {
  const program = engine.parse(source);
  const walk = ({ body }: hbs.AST.Program): void => {
    for (const node of body) {
      if (isMustache(node) && node.params.length === 0) {
        const { loc } = node;
        node.params = [node.path as hbs.AST.Expression];
        node.path = {
          type: 'PathExpression',
          data: false,
          depth: 0,
          parts: ['plain'],
          original: 'plain',
          loc,
        };
      }
      if (isBlock(node)) {
        walk(node.program);
        if (node.inverse) walk(node.inverse);
      }
    }
  };
  walk(program);
  return program;
}

function isMustache(node: hbs.AST.Statement): node is hbs.AST.MustacheStatement {
  return node.type === 'MustacheStatement';
}

function isBlock(node: hbs.AST.Statement): node is hbs.AST.BlockStatement {
  return node.type === 'BlockStatement';
}

function plain(value: unknown): string {
  const text = String(given(value));
  if (plainText.test(text)) return text;
  throw new TypeError(`a template writes a value that is more than plain text: ${JSON.stringify(text)}`);
}

/** Handlebars' strict mode does not look at the arguments of helpers. */
function given(value: unknown): unknown {
  if (value !== undefined) return value;
  throw new TypeError('a template uses a name that it was not given');
}
