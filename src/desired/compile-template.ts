import type Handlebars from 'handlebars';
import { templateEngine } from './template-engine.js';
import type { Values } from './templates.js';

/** Names are given or are an error, wherever they stand; one that may be missing is given as '' or false. */
const options: CompileOptions = {
  strict: true,
  noEscape: true,
  knownHelpersOnly: true,
  knownHelpers: { yaml: true, flag: true, plain: true, environment: true, exec: true, word: true },
};

/**
 * A template as a function. `{{x}}` alone writes plain text, as `{{plain x}}` does; the other helpers are those of
 * `templateEngine`.
 */
export function compileTemplate(source: string): (values: Values) => string {
  const engine = templateEngine();
  return engine.compile(quoting(engine, source), options);
}

/** The same as an expression of JavaScript, of which `engine.template` makes the function; builds have it instead of the text. */
export function precompileTemplate(source: string): string {
  const engine = templateEngine();
  return String(engine.precompile(quoting(engine, source), options));
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
