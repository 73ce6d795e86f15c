// SPDX-License-Identifier: Apache-2.0
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEphemeralIdentity, fingerprintOf, KEY_FILE_NAME, loadIdentity, verifySignature } from './identity.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'aiflow-identity-'));
});
afterEach(() => rm(folder, { recursive: true }));

describe('a node identity', () => {
  test('is made at first start in a file of its owner alone, and is the same ever after', async () => {
    const first = await loadIdentity(join(folder, 'new'), 'edge-1');
    const again = await loadIdentity(join(folder, 'new'), 'edge-1');
    expect(again.publicKey).toBe(first.publicKey);
    expect(first.id).toBe(`edge-1#${fingerprintOf(first.publicKey)}`);
    expect((await stat(join(folder, 'new', KEY_FILE_NAME))).mode & 0o777).toBe(0o600);
  });

  test('is one and the same for two first starts at once', async () => {
    const [one, two] = await Promise.all([loadIdentity(folder, 'a'), loadIdentity(folder, 'a')]);
    expect(one.publicKey).toBe(two.publicKey);
  });

  test('refuses a key file that others may read, with the command that helps', async () => {
    await loadIdentity(folder, 'edge-1');
    await chmod(join(folder, KEY_FILE_NAME), 0o644);
    await expect(loadIdentity(folder, 'edge-1')).rejects.toThrow(/mode 644.*chmod 600/);
  });

  test.each([
    ['garbage', 'not a key'],
    ['an empty file', ''],
    [
      'a key of another kind',
      generateKeyPairSync('x25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    ],
  ])('refuses %s in place of the key', async (_what, content) => {
    await writeFile(join(folder, KEY_FILE_NAME), content, { mode: 0o600 });
    await expect(loadIdentity(folder, 'edge-1')).rejects.toMatchObject({ code: 'failed-precondition' });
  });

  test('signs what verifies, and nothing else verifies', () => {
    const identity = createEphemeralIdentity('a');
    const other = createEphemeralIdentity('a');
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 200 }), fc.nat(), (bytes, where) => {
        const signature = identity.sign(bytes);
        expect(verifySignature(identity.publicKey, bytes, signature)).toBe(true);
        expect(verifySignature(other.publicKey, bytes, signature)).toBe(false);
        const changed = bytes.slice();
        changed[where % changed.length]! ^= 1;
        expect(verifySignature(identity.publicKey, changed, signature)).toBe(false);
      }),
      { numRuns: 50 },
    );
    expect(verifySignature('nonsense', Uint8Array.of(1), new Uint8Array(64))).toBe(false);
    expect(verifySignature(identity.publicKey, Uint8Array.of(1), new Uint8Array(3))).toBe(false);
  });
});
