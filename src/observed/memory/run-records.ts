import { paths } from '../../host/paths.js';
import { at } from '../../host/shell.js';
import type { Transport } from '../../transport/transport.js';
import type { RunRecord } from './run-record.js';
import { readRecord } from './told-record.js';

/** Bytes that a record, or an inventory with its patches, may have. */
const most = 8 * 1024 * 1024;

/** What a host says of a run: what it has led to, or what is wrong with what lies there; undefined where nothing does. */
export type ToldRecord = RunRecord | { readonly damaged: string } | undefined;

/**
 * Reads what a host remembers a run to have led to, also in the form in which an earlier podstrap kept it. Reads only. What
 * it says is a claim; see believe.ts.
 * @throws Failure `connection-lost`
 */
export async function readRunRecord(transport: Transport, run: string): Promise<ToldRecord> {
  const folder = `${paths.generations}/${run}`;
  const { stdout } = await transport.exec({
    script: `for f in record sources; do g=${at(folder)}/$f.json; [ -e "$g" ] || continue
echo "$f"; head -c ${most + 1} "$g"; break; done
exit 0
`,
    timeoutMs: 60_000,
  });
  if (stdout === '') return undefined;
  const end = stdout.indexOf('\n');
  const text = stdout.slice(end + 1);
  if (text.length > most) return { damaged: 'it is larger than any inventory' };
  const record = readRecord(run, stdout.startsWith('record\n') ? 'record' : 'sources', text);
  if (record === undefined) return { damaged: 'it is not in the form that podstrap writes' };
  return record.run === run ? record : { damaged: `it is that of run ${record.run}` };
}
