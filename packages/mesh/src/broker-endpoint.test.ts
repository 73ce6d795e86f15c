// SPDX-License-Identifier: Apache-2.0
import { describe, expect, test } from 'vitest';
import { checkEndpoint, credentialOptions, endpointUrls, isLoopback } from './broker-endpoint.ts';

describe('a broker endpoint', () => {
  test.each([
    ['nats://127.0.0.1:4222', true],
    ['127.0.0.1:4222', true],
    ['localhost', true],
    ['nats://[::1]:4222', true],
    ['nats://u:p@127.9.9.9:1', true],
    ['nats://10.0.0.1:4222', false],
    ['nats://127.0.0.1.example.org', false],
    ['nats://localhost.example.org', false],
    ['nats://127.0.0.1@example.org', false],
  ])('%s stays on this machine: %s', (urls, expected) => {
    expect(isLoopback({ urls })).toBe(expected);
  });

  test.each([
    [{ urls: 'nats://far:1' }, false],
    [{ urls: ['nats://127.0.0.1', 'nats://far:1'] }, false],
    [{ urls: 'nats://far:1', insecure: true }, true],
    [{ urls: 'nats://u:p@far:1' }, true],
    [{ urls: 'nats://far:1', token: 't' }, true],
    [{ urls: 'tls://far:1' }, true],
    [{ urls: 'nats://far:1', tls: { caFile: 'ca.pem' } }, true],
    [{ urls: 'nats://127.0.0.1:1' }, true],
    [{ urls: [] }, false],
    [{ urls: 'nats://:bad:' }, false],
  ])('%j may be connected to: %s', (endpoint, allowed) => {
    if (allowed) expect(() => checkEndpoint(endpoint)).not.toThrow();
    else expect(() => checkEndpoint(endpoint)).toThrow();
  });

  test('shows no password, and hands it to the client alone', () => {
    const endpoint = { urls: 'nats://dev-1.control:se%20cret@far:1' };
    expect(endpointUrls(endpoint)).toEqual(['nats://far:1']);
    expect(credentialOptions(endpoint)).toMatchObject({
      servers: ['nats://far:1'],
      user: 'dev-1.control',
      pass: 'se cret',
    });
    expect(() => checkEndpoint({ urls: 'nats://u:secret@far:99999999' })).toThrow(/^(?!.*secret)/);
  });

  test('says which secret file is missing', () => {
    expect(() => credentialOptions({ urls: 'a', nkeySeedFile: '/nowhere/seed' })).toThrow(
      /nkey seed file \/nowhere\/seed/,
    );
  });
});
