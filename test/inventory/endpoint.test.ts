import { expect, test } from 'vitest';
import { endpointOf } from '../../src/inventory/inventory.js';
import { documentWith, inventoryOf } from './sample.js';

test.each([
  [undefined, '192.0.2.11:7443'],
  ['api.example.com', 'api.example.com:7443'],
  ['api.example.com:443', 'api.example.com:443'],
  ['10.0.0.1', '10.0.0.1:7443'],
  ['2001:db8::1', '[2001:db8::1]:7443'],
  ['[2001:db8::1]', '[2001:db8::1]:7443'],
  ['[2001:db8::1]:443', '[2001:db8::1]:443'],
  ['cafe:443', 'cafe:443'],
])('the endpoint %s is reached at %s', (controlPlaneEndpoint, expected) => {
  const spec = { apiServer: { bindPort: 7443 }, ...(controlPlaneEndpoint && { controlPlaneEndpoint }) };
  expect(endpointOf(inventoryOf(documentWith(spec)))).toBe(expected);
});
