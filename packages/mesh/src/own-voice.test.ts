// SPDX-License-Identifier: Apache-2.0
import { SILENT_LOGGER } from '@aiflow/actor';
import { AiflowError } from '@aiflow/protocol';
import { createVirtualClock } from '@aiflow/time';
import { describe, expect, test } from 'vitest';
import { createHelloCadence } from './hello-cadence.ts';
import type { OwnAdvert } from './own-advert.ts';
import { createOwnVoice } from './own-voice.ts';

function start() {
  const clock = createVirtualClock();
  const said: string[] = [];
  const link = { isUp: true };
  const say = (what: string, [sequence]: Uint8Array): void => {
    if (!link.isUp) throw new AiflowError('unavailable', 'the link is down');
    said.push(`${what} ${sequence}`);
  };
  let sequence = 1;
  const own: OwnAdvert = {
    state: 'ready',
    renew: () => Uint8Array.of(++sequence),
    get signedBytes() {
      return Uint8Array.of(sequence);
    },
  };
  const voice = createOwnVoice({
    ...{ clock, own, logger: SILENT_LOGGER, cadence: createHelloCadence({ tier: 'cloud', site: 's' }) },
    nats: { hello: bytes => say('hello', bytes), announce: (event, bytes) => say(event, bytes) },
  });
  return { clock, said, link, own, voice };
}

describe('a node’s voice', () => {
  test('announces a new advert each time and says hello with the last one', async () => {
    const { clock, said, voice } = start();
    voice.sayHello();
    voice.announce();
    await clock.advance(1_000);
    voice.sayHello();
    expect(said).toEqual(['hello 1', 'advert 2', 'hello 2']);
  });

  test('says no hello twice at once, and none after it left', async () => {
    const { clock, said, voice, own } = start();
    voice.sayHello();
    voice.sayHello();
    own.state = 'left';
    await clock.advance(60_000);
    voice.sayHello();
    expect(said).toEqual(['hello 1']);
  });

  test('counts what can’t be sent, and says the hello again as soon as it can', () => {
    const { said, link, voice } = start();
    link.isUp = false;
    voice.announce();
    voice.sayHello();
    expect(voice.unsentCount).toBe(2);
    link.isUp = true;
    voice.sayHello();
    expect(said).toEqual(['hello 2']);
  });
});
