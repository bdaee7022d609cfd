import { parseNetworks } from './networks.js';

const defaults = { 4: '10.244.0.0/16', 6: 'fd00:10:244::/56' } as const;

/** The network of the pods where podstrap connects them and the inventory names none: of the services' families. */
export const defaultPodSubnet = (serviceSubnet: string): string =>
  (parseNetworks(serviceSubnet) ?? []).map(({ family }) => defaults[family]).join(',');
