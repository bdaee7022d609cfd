import { expect, test } from 'vitest';
import { changes, deal, orderOf, settings } from './crossing.js';

test('every setting is dealt to some cluster, none twice, and the seed alone decides', () => {
  for (const seed of [1, 2, 3, 20_262]) {
    const hands = deal(seed, 3);
    expect(new Set(hands.flat())).toEqual(new Set(settings));
    for (const hand of hands) expect(new Set(hand).size).toBe(hand.length);
    expect(deal(seed, 3)).toEqual(hands);
  }
});

test('every change happens once; a host is lost late, and a reset is the end', () => {
  for (const seed of [1, 2, 3]) {
    const order = orderOf(seed);
    expect([...order].sort()).toEqual([...changes].sort());
    expect(order.slice(-2)).toEqual(['loss of a host', 'reset']);
  }
});
