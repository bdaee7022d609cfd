import { localTransport } from '../../src/transport/local.js';
import { transportContract } from './contract.js';

const local = (root?: string) => {
  const env = { PATH: process.env.PATH, ...(root === undefined ? {} : { PODSTRAP_ROOT: root }) };
  const password = () => ({ answer: async () => undefined, settle: () => undefined });
  return localTransport({ host: 'here', user: 'me', become: 'none', env, password });
};

transportContract('the local transport', async () => {
  const transport = local();
  return { transport, another: async () => local(), dispose: () => transport.close() };
});

transportContract('the local transport below a root prefix', async () => {
  const transport = local('/some where');
  return {
    transport,
    root: '/some where',
    another: async () => local(),
    dispose: () => transport.close(),
  };
});
