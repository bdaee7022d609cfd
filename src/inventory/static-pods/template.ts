import Handlebars from 'handlebars';

/** What templates are filled in with. */
export type TemplateValues = Readonly<Record<string, unknown>>;

/** Why a template cannot be filled in; the words go into a message, and hold no value. */
export class TemplateProblem extends Error {}

const helpers = ['default', 'eq', 'join', 'json', 'base64', 'lower', 'upper'] as const;

/** What `{{…}}` may call beside `if`, `unless` and `each`; for messages. */
export const helperNames: readonly string[] = [...helpers, 'if', 'unless', 'each'];

const opening = '{{';

/** Whether there is anything to fill in. */
export const isTemplate = (text: string): boolean => text.includes(opening);

type Compiled = (values: TemplateValues) => unknown;

/** Templates by their text: the same one is filled in for every host. */
const compiled = new Map<string, Compiled>();

/**
 * A text of a manifest with its templates filled in. One that is a single expression takes the value's type, and no value adds
 * more than a scalar.
 * @throws TemplateProblem
 */
export function fillScalar(source: string, values: TemplateValues): unknown {
  return isTemplate(source) ? template(source)(values) : source;
}

/** A text with its templates filled in. @throws TemplateProblem */
export const fillText = (source: string, values: TemplateValues): string =>
  String(fillScalar(source, values));

function template(source: string): Compiled {
  const known = compiled.get(source);
  if (known !== undefined) return known;
  const made = compileTemplate(source);
  compiled.set(source, made);
  return made;
}

function compileTemplate(source: string): Compiled {
  const engine = Handlebars.create();
  let single: unknown;
  for (const name of Object.keys(engine.helpers)) engine.unregisterHelper(name);
  engine.registerHelper({
    ...ownHelpers,
    /** A value that must be there. Handlebars’ own strict mode does not look at the arguments of helpers. */
    need(value: unknown, name: string) {
      if (value === undefined || value === null) throw new TemplateProblem(`no value for ${name}`);
      return value;
    },
    text: scalar,
    /** The one expression of a scalar, as it is. */
    take(value: unknown) {
      single = scalar(value);
      return '';
    },
  });
  const program = parse(engine, source);
  const [first] = program.body;
  const isSingle = program.body.length === 1 && first?.type === 'MustacheStatement';
  rewrite(program, isSingle ? 'take' : 'text');
  const run = engine.compile(program, {
    noEscape: true,
    knownHelpersOnly: true,
    knownHelpers: Object.fromEntries(
      [...Object.keys(ownHelpers), 'need', 'text', 'take'].map((name) => [name, true]),
    ),
  });
  return (values) => {
    const text = run(values, { allowProtoPropertiesByDefault: false, allowProtoMethodsByDefault: false });
    return isSingle ? single : text;
  };
}

function parse(engine: typeof Handlebars, source: string): hbs.AST.Program {
  try {
    return engine.parse(source);
  } catch (error) {
    // Its message draws the line, and shows nothing but the template itself.
    const [, line, last] = /line (\d+):[\s\S]*?\n([^\n]*)$/.exec((error as Error).message) ?? [];
    throw new TemplateProblem(`no template that can be read${line ? `: line ${line}: ${last}` : ''}`);
  }
}

/** Every expression goes through `through`, every path that is an argument through `need`, and nothing else is let in. */
function rewrite({ body }: hbs.AST.Program, through: string): void {
  for (const node of body) {
    if (node.type === 'MustacheStatement') rewriteMustache(node as hbs.AST.MustacheStatement, through);
    else if (node.type === 'BlockStatement') {
      const block = node as hbs.AST.BlockStatement;
      const name = block.path.original;
      if (!['if', 'unless', 'each'].includes(String(name)))
        throw new TemplateProblem(`{{#${name}}} is not one of {{#if}}, {{#unless}} and {{#each}}`);
      block.params = block.params.map(needed);
      rewrite(block.program, 'text');
      if (block.inverse) rewrite(block.inverse, 'text');
    } else if (node.type !== 'ContentStatement' && node.type !== 'CommentStatement')
      throw new TemplateProblem('a partial or a decorator, which templates here do not have');
  }
}

function rewriteMustache(node: hbs.AST.MustacheStatement, through: string): void {
  const inner = callOf(node) ?? needed(node.path as hbs.AST.Expression);
  node.path = path(through, node.loc);
  node.params = [inner];
  node.escaped = false;
}

/** The call of a helper, as an expression; undefined of a plain path. */
function callOf(node: hbs.AST.MustacheStatement): hbs.AST.Expression | undefined {
  if (node.params.length === 0) return undefined;
  const { loc, path: called, params, hash } = node;
  return needed({ type: 'SubExpression', path: called, params, hash, loc } as hbs.AST.SubExpression);
}

function needed(expression: hbs.AST.Expression): hbs.AST.Expression {
  const { loc } = expression;
  if (expression.type === 'SubExpression') {
    const call = expression as hbs.AST.SubExpression;
    const name = String((call.path as hbs.AST.PathExpression).original);
    if (!(helpers as readonly string[]).includes(name))
      throw new TemplateProblem(`no helper ${name}; there are ${helperNames.join(', ')}`);
    // The first argument of `default` is what may be missing.
    return {
      ...call,
      params: call.params.map((param, index) =>
        name === 'default' && index === 0 && param.type === 'PathExpression' ? param : needed(param),
      ),
    } as hbs.AST.Expression;
  }
  if (expression.type !== 'PathExpression') return expression;
  const name = String((expression as hbs.AST.PathExpression).original);
  return {
    type: 'SubExpression',
    path: path('need', loc),
    params: [expression, { type: 'StringLiteral', value: name, original: name, loc }],
    hash: undefined,
    loc,
  } as unknown as hbs.AST.Expression;
}

const path = (name: string, loc: hbs.AST.SourceLocation): hbs.AST.PathExpression =>
  ({
    type: 'PathExpression',
    data: false,
    depth: 0,
    parts: [name],
    original: name,
    loc,
  }) as unknown as hbs.AST.PathExpression;

function scalar(value: unknown): string | number | boolean {
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  throw new TemplateProblem(
    `${Array.isArray(value) ? 'a list' : 'a mapping'} where text, a number, or true or false fits`,
  );
}

const ownHelpers: Handlebars.HelperDeclareSpec = {
  default: (value: unknown, instead: unknown) => value ?? instead,
  eq: (one: unknown, other: unknown) => one === other,
  join(list: unknown, between: unknown) {
    if (!Array.isArray(list)) throw new TemplateProblem('join needs a list');
    return list.map(scalar).join(typeof between === 'string' ? between : ',');
  },
  json: (value: unknown) => JSON.stringify(value),
  base64: (value: unknown) => Buffer.from(String(scalar(value))).toString('base64'),
  lower: (value: unknown) => String(scalar(value)).toLowerCase(),
  upper: (value: unknown) => String(scalar(value)).toUpperCase(),
  if(this: unknown, value: unknown, options: Handlebars.HelperOptions) {
    return holds(value) ? options.fn(this) : options.inverse(this);
  },
  unless(this: unknown, value: unknown, options: Handlebars.HelperOptions) {
    return holds(value) ? options.inverse(this) : options.fn(this);
  },
  each(this: unknown, list: unknown, options: Handlebars.HelperOptions) {
    const entries = Array.isArray(list)
      ? list.map((item, index) => [index, item] as const)
      : typeof list === 'object' && list !== null
        ? Object.entries(list)
        : undefined;
    if (entries === undefined) throw new TemplateProblem('each needs a list or a mapping');
    return entries
      .map(([key, item], index) =>
        options.fn(item, {
          data: { ...options.data, key, index, first: index === 0, last: index === entries.length - 1 },
        }),
      )
      .join('');
  },
};

/** As people expect of a condition: an empty list or text is no. */
const holds = (value: unknown): boolean => (Array.isArray(value) ? value.length > 0 : Boolean(value));
