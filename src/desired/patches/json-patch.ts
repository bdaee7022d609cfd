import { isDeepStrictEqual } from 'node:util';
import { isRecord } from '../canonical-yaml.js';

/** Why a patch does not fit its target; the caller knows the file and turns it into a Failure. */
export class PatchMismatch extends Error {}

/**
 * `target` changed by a JSON patch (RFC 6902). The target itself is left alone.
 * @throws PatchMismatch when an operation is malformed, its path does not exist, or a test does not hold
 */
export function jsonPatch(target: unknown, operations: unknown): unknown {
  if (!Array.isArray(operations)) throw new PatchMismatch('a JSON patch is a list of operations');
  return operations.reduce((document, operation) => {
    if (!isRecord(operation)) throw new PatchMismatch('an operation is an object with `op` and `path`');
    return perform(document, operation);
  }, structuredClone(target));
}

function perform(document: unknown, operation: Record<string, unknown>): unknown {
  const path = tokens(operation.path, 'path');
  switch (operation.op) {
    case 'add':
      return add(document, path, operand(operation));
    case 'remove':
      return remove(document, path);
    case 'replace':
      return add(remove(document, path), path, operand(operation));
    case 'move': {
      const from = tokens(operation.from, 'from');
      const moved = read(document, from);
      return add(remove(document, from), path, moved);
    }
    case 'copy':
      return add(document, path, structuredClone(read(document, tokens(operation.from, 'from'))));
    case 'test':
      if (isDeepStrictEqual(read(document, path), operand(operation))) return document;
      throw new PatchMismatch(`test of ${pointer(path)} does not hold`);
    default:
      throw new PatchMismatch(`unknown operation ${JSON.stringify(operation.op)}`);
  }
}

function operand(operation: Record<string, unknown>): unknown {
  if ('value' in operation) return operation.value;
  throw new PatchMismatch(`operation ${String(operation.op)} of ${String(operation.path)} has no value`);
}

/** The tokens of a JSON pointer (RFC 6901). */
function tokens(path: unknown, field: string): readonly string[] {
  if (typeof path !== 'string' || (path !== '' && !path.startsWith('/')))
    throw new PatchMismatch(`${field} ${JSON.stringify(path)} is not a JSON pointer`);
  const parts = path.split('/').slice(1);
  return parts.map((token) => token.replaceAll('~1', '/').replaceAll('~0', '~'));
}

const pointer = (path: readonly string[]): string =>
  path.map((token) => `/${token.replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');

function read(document: unknown, path: readonly string[]): unknown {
  return path.reduce((value: unknown, token, depth) => {
    if (Array.isArray(value)) return value[index(value, token, value.length - 1, path)];
    if (isRecord(value) && Object.hasOwn(value, token)) return value[token];
    throw new PatchMismatch(`${pointer(path.slice(0, depth + 1))} does not exist`);
  }, document);
}

function add(document: unknown, path: readonly string[], value: unknown): unknown {
  if (path.length === 0) return value;
  const parent = read(document, path.slice(0, -1));
  const token = path.at(-1)!;
  if (Array.isArray(parent))
    parent.splice(token === '-' ? parent.length : index(parent, token, parent.length, path), 0, value);
  else if (isRecord(parent)) parent[token] = value;
  else throw new PatchMismatch(`${pointer(path)} does not exist`);
  return document;
}

function remove(document: unknown, path: readonly string[]): unknown {
  read(document, path);
  if (path.length === 0) return undefined;
  const parent = read(document, path.slice(0, -1));
  const token = path.at(-1)!;
  if (Array.isArray(parent)) parent.splice(Number(token), 1);
  else delete (parent as Record<string, unknown>)[token];
  return document;
}

function index(list: readonly unknown[], token: string, last: number, path: readonly string[]): number {
  if (/^(0|[1-9]\d*)$/.test(token) && Number(token) <= last) return Number(token);
  throw new PatchMismatch(`${pointer(path)}: ${token} is not a position in a list of ${list.length}`);
}
