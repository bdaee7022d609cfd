import { readWord } from '../../kubernetes/yaml-schema.js';
import { childSchema, type JsonSchema } from '../json-schema.js';
import type { Node } from './node.js';

/**
 * The document with plain words read as Kubernetes reads them wherever the schema leaves a value free: there stands what
 * kubeadm's users carry over, such as fields of KubeletConfiguration, and `off` must not become text on the way.
 */
export function readFreeValues(node: Node, schema: JsonSchema | undefined): Node {
  if (node.kind === 'scalar')
    return isFree(schema) && node.plain ? { ...node, value: readWord(node.written) ?? null } : node;
  if (node.kind === 'list')
    return { ...node, items: node.items.map((item) => readFreeValues(item, schema?.items)) };
  const entries = node.entries.map((entry) => ({
    ...entry,
    value: readFreeValues(entry.value, childSchema(schema, entry.key)),
  }));
  return { ...node, entries };
}

const isFree = (schema: JsonSchema | undefined): boolean =>
  schema === undefined || Object.keys(schema).length === 0;
