// SPDX-License-Identifier: Apache-2.0
import {
  createHash,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  type KeyObject,
  randomUUID,
  sign,
  verify,
} from 'node:crypto';
import { link, mkdir, open, readFile, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { AiflowError, parseName } from '@aiflow/protocol';

/** Who a node is: a name, and an ed25519 key that no other node has. */
export interface NodeIdentity {
  readonly name: string;
  /** Name and fingerprint, such as `edge-1#3f9c0a17b2d4e650`. */
  readonly id: string;
  /** The 32 bytes of the public key, as base64url text. */
  readonly publicKey: string;
  /** The first 8 bytes of the key's SHA-256, as hex. */
  readonly fingerprint: string;
  /** An ed25519 signature: 64 bytes. */
  sign(bytes: Uint8Array): Uint8Array;
}

/** The file in a node's state folder that holds its key. */
export const KEY_FILE_NAME = 'node-key.pem';

/**
 * The identity kept in `folder`, made there at first start. Throws `failed-precondition`, with the remedy, for a key file
 * that others may read, that can't be read, or that holds no ed25519 key.
 */
export async function loadIdentity(folder: string, name: string): Promise<NodeIdentity> {
  parseName('node', name);
  const path = join(folder, KEY_FILE_NAME);
  const pem = (await readKeyFile(path)) ?? (await makeKeyFile(folder, path));
  return identityOf(name, parseKey(pem, path));
}

/** An identity that is gone with the process: for tests and for programs that only ask. */
export function createEphemeralIdentity(name: string): NodeIdentity {
  return identityOf(parseName('node', name), generateKeyPairSync('ed25519').privateKey);
}

/** The short form of a public key that people compare. */
export function fingerprintOf(publicKey: string): string {
  return createHash('sha256').update(publicKey, 'base64url').digest('hex').slice(0, 16);
}

/** True when `signature` over `bytes` was made with the private half of `publicKey`. False for a malformed key. */
export function verifySignature(publicKey: string, bytes: Uint8Array, signature: Uint8Array): boolean {
  if (!/^[A-Za-z0-9_-]{43}$/.test(publicKey)) return false;
  try {
    const key = createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: publicKey }, format: 'jwk' });
    return verify(null, bytes, key, signature);
  } catch {
    return false; // 32 bytes that are no point of the curve
  }
}

function identityOf(name: string, privateKey: KeyObject): NodeIdentity {
  const publicKey = createPublicKey(privateKey).export({ format: 'jwk' }).x ?? '';
  const fingerprint = fingerprintOf(publicKey);
  return { name, id: `${name}#${fingerprint}`, publicKey, fingerprint, sign: bytes => sign(null, bytes, privateKey) };
}

/** Undefined when there is none yet. */
async function readKeyFile(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) throw readableByOthers(path, mode);
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (AiflowError.is(cause)) throw cause;
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new AiflowError('failed-precondition', `node key ${path} can't be read: let the node's user own it`, {
      cause,
    });
  }
}

/** Written whole and then linked to its name, so that of two first starts at once both read the same whole key. */
async function makeKeyFile(folder: string, path: string): Promise<string> {
  const pem = generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const draft = `${path}.${randomUUID()}`;
  try {
    await mkdir(folder, { recursive: true, mode: 0o700 });
    await writeSynced(draft, pem);
    await link(draft, path);
    return pem;
  } catch (cause) {
    const existing = (cause as NodeJS.ErrnoException).code === 'EEXIST' ? await readKeyFile(path) : undefined;
    if (existing !== undefined) return existing;
    throw new AiflowError('failed-precondition', `node key ${path} can't be made: let the node's user write there`, {
      cause,
    });
  } finally {
    await rm(draft, { force: true });
  }
}

async function writeSynced(path: string, text: string): Promise<void> {
  const file = await open(path, 'wx', 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
}

function parseKey(pem: string, path: string): KeyObject {
  try {
    const key = createPrivateKey(pem);
    if (key.asymmetricKeyType === 'ed25519') return key;
    throw new Error(`it holds a key of type ${key.asymmetricKeyType}`);
  } catch (cause) {
    throw new AiflowError(
      'failed-precondition',
      `node key ${path} is no ed25519 key in PEM form: restore it from a backup, or remove it to become a new node`,
      { cause },
    );
  }
}

function readableByOthers(path: string, mode: number): AiflowError {
  const shown = (mode & 0o777).toString(8);
  return new AiflowError(
    'failed-precondition',
    `node key ${path} has mode ${shown}, so others may read it: run chmod 600 ${path}`,
  );
}
