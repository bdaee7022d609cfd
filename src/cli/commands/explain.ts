import { Command } from 'commander';
import { Failure } from '../../failure.js';
import { explained, fieldsBelow } from '../../inventory/explain.js';
import { jsonSchema } from '../../inventory/json-schema.js';
import { answer } from '../answer.js';
import { globalOptions } from '../options.js';
import { jsonText, print } from '../terminal.js';
import { fieldText } from '../view/field.js';

export const explainCommand = (): Command =>
  new Command('explain')
    .description('Tell what a field of the inventory means, its type, its default, and the fields below it.')
    .argument('[field]', 'such as spec.etcd, spec.hosts.roles, or certSANs. Default: the whole inventory')
    .option('--schema', 'print the field’s JSON Schema (draft 7)')
    .addHelpText(
      'after',
      `
For editors, the whole inventory’s:
  $ podstrap explain --schema >cluster.v1alpha1.json`,
    )
    .action((field: string | undefined, own: { schema?: boolean }, command: Command) => {
      const found = explained(jsonSchema(), field ?? '');
      if (!('schema' in found))
        throw new Failure({
          kind: 'usage',
          doing: `Looking for the field ${field}`,
          said: found.said,
          next: found.next,
        });
      if (own.schema === true) return print(`${jsonText(found.schema, 2)}\n`);
      const { path, isRequired, schema } = found;
      const fields = fieldsBelow(found).map((one) => one.path);
      answer(
        globalOptions(command),
        'Field',
        { path, required: isRequired, schema: { ...schema }, fields },
        () => fieldText(found),
      );
    });
