import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { Failure } from '../../failure.js';
import { explainedIn, fieldsBelow } from '../../inventory/explain.js';
import { type DocumentKind, documentKinds } from '../../inventory/reading/document-kinds.js';
import { kindOf } from '../../inventory/reading/kind-of.js';
import { answer } from '../answer.js';
import { globalOptions } from '../options.js';
import { jsonText, print } from '../terminal.js';
import { fieldText } from '../view/field.js';

export const explainCommand = (): Command =>
  new Command('explain')
    .description(
      'Explain a field of the inventory: what it means, its type, its default, and the fields below it.',
    )
    .argument('[field]', 'such as spec.etcd, hosts.roles, or certSANs. Default: the whole inventory')
    .addOption(
      new Option(
        '--kind <kind>',
        'in the inventory of a cluster or of a fleet. Default: as FILE, where there is one',
      ).choices(['cluster', 'fleet']),
    )
    .option('--schema', 'print the field’s JSON Schema (draft 7)')
    .addHelpText(
      'after',
      `
Without --kind, a field that only the other kind has is found all the same.

For editors, the schema of the whole inventory:
  $ podstrap explain --schema --kind cluster >cluster.v1alpha1.json
  $ podstrap explain --schema --kind fleet >fleet.v1alpha1.json`,
    )
    .action(
      (
        field: string | undefined,
        own: { kind?: 'cluster' | 'fleet'; schema?: boolean },
        command: Command,
      ) => {
        const options = globalOptions(command);
        const inventories = kindsToSearch(own.kind, options.file).map(
          (kind) => [kind, documentKinds[kind].jsonSchema()] as const,
        );
        const found = explainedIn(inventories, field ?? '');
        if ('said' in found)
          throw new Failure({
            kind: 'usage',
            doing: `Looking for the field ${field}`,
            said: found.said,
            next: found.next,
          });
        const [kind, explained] = found;
        const { path, isRequired, schema } = explained;
        if (own.schema === true) return print(`${jsonText(schema, 2)}\n`);
        const fields = fieldsBelow(explained).map((one) => one.path);
        answer(
          options,
          'Field',
          { inventory: kind, path, required: isRequired, schema: { ...schema }, fields },
          () => fieldText(kind, explained),
        );
      },
    );

/** The kind that was asked for; or both, and first that of the inventory on this machine. */
function kindsToSearch(asked: 'cluster' | 'fleet' | undefined, file: string): readonly DocumentKind[] {
  if (asked !== undefined) return [asked === 'fleet' ? 'Fleet' : 'Cluster'];
  return kindHere(file) === 'Fleet' ? ['Fleet', 'Cluster'] : ['Cluster', 'Fleet'];
}

/** It may be missing or wrong: whoever looks a field up may be about to write it. */
function kindHere(file: string): DocumentKind | undefined {
  try {
    return kindOf(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}
