import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPracticeSite } from '../../src/practice/practice-site.js';
import { connect } from '../../src/transport/connect.js';
import { type Subject, transportContract } from '../transport/contract.js';
import { hostNamed, inventoryOf, optionsOf } from '../transport/inventory.js';

transportContract('SSH to a practice host', async (): Promise<Subject> => {
  const site = await startPracticeSite({
    directory: mkdtempSync(join(tmpdir(), 'practice-')),
    hosts: [{ name: 'cp-1' }],
    throughToMachine: true,
  });
  const { port, hostKey, root } = site.hosts[0]!;
  const host = hostNamed('cp-1', {
    hostKey,
    ssh: { user: 'root', port, identityFile: site.identityFile, identitiesOnly: true, become: 'none' },
  });
  const another = () => connect(host, inventoryOf([host]), optionsOf());
  const transport = await another();
  return {
    transport,
    root,
    another,
    dispose: async () => {
      await transport.close();
      await site.close({ remove: true });
    },
  };
});
