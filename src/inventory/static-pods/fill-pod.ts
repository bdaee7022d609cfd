import type { Path } from '../path.js';
import { fillScalar, isTemplate, TemplateProblem, type TemplateValues } from './template.js';

/** A template of a manifest that cannot be filled in. */
export interface Unfilled {
  readonly path: Path;
  readonly problem: string;
}

/** Whether a manifest has anything to fill in: if not, it is the same on every host. Pure. */
export const hasTemplates = (value: unknown): boolean =>
  typeof value === 'string'
    ? isTemplate(value)
    : typeof value === 'object' && value !== null && Object.values(value).some(hasTemplates);

/** A manifest with the templates in its texts filled in, and what could not be. Its fields stay what they are. Pure. */
export function fillPod(
  pod: unknown,
  values: TemplateValues,
): { readonly pod: unknown; readonly unfilled: readonly Unfilled[] } {
  const unfilled: Unfilled[] = [];
  const fill = (value: unknown, path: Path): unknown => {
    if (typeof value === 'string') return scalar(value, path);
    if (Array.isArray(value)) return value.map((item, index) => fill(item, [...path, index]));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(
      Object.entries(value).map(([key, inner]) => [key, fill(inner, [...path, key])]),
    );
  };
  const scalar = (text: string, path: Path): unknown => {
    try {
      return fillScalar(text, values);
    } catch (error) {
      if (!(error instanceof TemplateProblem)) throw error;
      unfilled.push({ path, problem: error.message });
      return text;
    }
  };
  return { pod: fill(pod, []), unfilled };
}
