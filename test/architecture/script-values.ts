import { readFileSync } from 'node:fs';
import { posix } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseAst } from 'rolldown/parseAst';
import { sourceFiles } from './source-files.js';

// biome-ignore lint/suspicious/noExplicitAny: a node of ESTree, whatever its kind
type Node = any;

const source = fileURLToPath(new URL('../../src/', import.meta.url));
/** What tells a template literal that is shell source from a sentence. */
const shell =
  /"\$R|\$R\/|\bexit [0-9]|\|\| |&& |2>\/dev|; (do|then|done|fi)\b|\bsystemctl |\bctr -n |^t [a-z]|\becho @/m;
/** Make one word of a shell of what they are given, or are scripts of their own, which are looked at where they are made. */
const quoting = /^(word|at|octal|list|fence|[a-zA-Z]*[sS]cript|[a-zA-Z]*Functions?|[a-zA-Z]*Command)$/;

/** A value in a script that nothing quotes. */
export interface Unquoted {
  /** Below src/. */
  readonly path: string;
  /** As it is written in the source, on one line. */
  readonly expression: string;
}

/** Every value that a script of podstrap's takes without a function that quotes it. */
export function unquotedValues(): readonly Unquoted[] {
  const modules = new Map<
    string,
    {
      readonly text: string;
      readonly body: Node;
      readonly declared: Map<string, Node[]>;
      readonly functions: Set<string>;
    }
  >();
  const moduleAt = (path: string) => {
    const known = modules.get(path);
    if (known) return known;
    const text = readFileSync(`${source}${path}`, 'utf8');
    const body = parseAst(text, { lang: 'ts' });
    const declared = new Map<string, Node[]>();
    const functions = new Set<string>();
    walk(body, (node) => {
      if (node.type === 'VariableDeclarator' && node.id.type === 'Identifier')
        declared.set(node.id.name, [...(declared.get(node.id.name) ?? []), node.init]);
      if (node.type === 'ImportSpecifier') declared.set(node.local.name, [node]);
      if (node.type === 'FunctionDeclaration') functions.add(node.id.name);
      if (node.type === 'VariableDeclarator' && node.init?.type === 'ArrowFunctionExpression')
        functions.add(node.id.name);
    });
    walk(body, (node) => {
      if (node.type === 'ImportDeclaration' && node.source.value.startsWith('.'))
        for (const one of node.specifiers)
          if (one.type === 'ImportSpecifier')
            one.from = posix.join(posix.dirname(path), node.source.value).replace(/\.js$/, '.ts');
    });
    const made = { text, body, declared, functions };
    modules.set(path, made);
    return made;
  };
  const isSafe = (path: string, node: Node, seen: readonly string[] = []): boolean => {
    const all = (nodes: readonly Node[]) => nodes.every((one) => isSafe(path, one, seen));
    switch (node?.type) {
      case 'Literal':
        return true;
      case 'TemplateLiteral':
        return all(node.expressions);
      case 'ConditionalExpression':
        return all([node.consequent, node.alternate]);
      case 'LogicalExpression':
        return all([node.left, node.right]);
      case 'BinaryExpression':
        return node.operator === '+' ? all([node.left, node.right]) : true;
      case 'TSAsExpression':
      case 'ParenthesizedExpression':
      case 'TSNonNullExpression':
        return isSafe(path, node.expression, seen);
      case 'ArrayExpression':
        return all(node.elements.map((one: Node) => (one?.type === 'SpreadElement' ? one.argument : one)));
      case 'ArrowFunctionExpression':
        return node.body.type !== 'BlockStatement' && isSafe(path, node.body, seen);
      case 'MemberExpression':
        return node.object.type === 'Identifier' && node.object.name === 'paths';
      case 'CallExpression': {
        const { callee } = node;
        if (callee.type === 'Identifier')
          return quoting.test(callee.name) || moduleAt(path).functions.has(callee.name);
        const name = callee.property?.name;
        if (name === 'join' || name === 'sort' || name === 'filter' || name === 'concat')
          return isSafe(path, callee.object, seen);
        if (name === 'map' || name === 'flatMap') {
          const [by] = node.arguments;
          return by.type === 'Identifier'
            ? quoting.test(by.name) || isSafe(path, by, seen)
            : isSafe(path, by, seen);
        }
        return false;
      }
      case 'Identifier': {
        const key = `${path}:${node.name}`;
        if (seen.includes(key)) return true;
        const found = moduleAt(path).declared.get(node.name);
        if (found === undefined) return false;
        return found.every((one) =>
          one?.type === 'ImportSpecifier'
            ? one.from !== undefined &&
              isSafe(one.from, { type: 'Identifier', name: one.imported.name }, [...seen, key])
            : isSafe(path, one, [...seen, key]),
        );
      }
      default:
        return false;
    }
  };
  /** What of an expression is to blame, as small as it can be told. */
  const culprits = (path: string, node: Node): readonly Node[] => {
    if (isSafe(path, node)) return [];
    const among = (nodes: readonly Node[]) => nodes.flatMap((one) => culprits(path, one));
    if (node.type === 'TemplateLiteral') return among(node.expressions);
    if (node.type === 'ConditionalExpression') return among([node.consequent, node.alternate]);
    if (node.type === 'ArrowFunctionExpression' && node.body.type !== 'BlockStatement')
      return among([node.body]);
    const name = node.type === 'CallExpression' ? node.callee.property?.name : undefined;
    if (name === 'join' && node.callee.object.type === 'CallExpression') return among([node.callee.object]);
    if (name === 'map' && node.arguments[0].type === 'ArrowFunctionExpression') return among(node.arguments);
    return [node];
  };
  return sourceFiles()
    .filter(({ room }) =>
      ['apply', 'check', 'host', 'observed', 'preflight', 'transport', 'verify'].includes(room),
    )
    .flatMap(({ path }) => {
      const { text, body } = moduleAt(path);
      const found: Unquoted[] = [];
      walk(body, (node) => {
        if (node.type !== 'TemplateLiteral') return;
        if (!shell.test(node.quasis.map((quasi: Node) => quasi.value.cooked).join('x'))) return;
        for (const expression of node.expressions.flatMap((one: Node) => culprits(path, one)))
          found.push({
            path,
            expression: text.slice(expression.start, expression.end).replaceAll(/\s+/g, ' '),
          });
      });
      return found;
    });
}

function walk(node: Node, look: (node: Node) => void): void {
  if (Array.isArray(node)) for (const one of node) walk(one, look);
  else if (typeof node === 'object' && node !== null) {
    if (typeof node.type === 'string') look(node);
    for (const [key, value] of Object.entries(node)) if (key !== 'from') walk(value, look);
  }
}
