import { shippedText } from '../shipped-text.js';
import { compileTemplate } from './compile-template.js';
import type { TemplateName, Values } from './templates.js';

/**
 * The template of this name as a function. `scripts/one-file.mjs` puts in place of this module what makes it of templates
 * that were compiled with the program: compiling them costs `podstrap plan` a fifteenth of its processor time.
 */
export const readyTemplate = (name: TemplateName): ((values: Values) => string) =>
  compileTemplate(shippedText(`templates/${name}.hbs`));
