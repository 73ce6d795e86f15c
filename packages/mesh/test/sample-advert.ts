// SPDX-License-Identifier: Apache-2.0
import type { Advert } from '@aiflow/protocol';

/** An advert of a node that has nothing to offer, with what a test cares for put over it. */
export function sampleAdvert(fields: Partial<Advert> = {}): Advert {
  return {
    fleet: 'f',
    site: 's',
    node: 'peer',
    tier: 'cloud',
    bootId: 'boot-1',
    sequence: 1,
    publicKey: 'key-a',
    state: 'ready',
    actors: [],
    families: [],
    links: [],
    loadRatio: 0,
    memoryBytes: 0,
    processId: 1,
    softwareVersion: '0',
    bootWallMs: 1000,
    ...fields,
  };
}
