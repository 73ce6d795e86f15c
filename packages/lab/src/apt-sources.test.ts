// SPDX-License-Identifier: Apache-2.0
import { expect, test } from 'vitest';
import { parseDeb822, parseOneLine } from './apt-sources.ts';

test('takes the main archive of a deb822 file and passes over the security archive', () => {
  const text = `Types: deb
URIs: http://mirror.example/debian-security
Suites: bookworm-security
Components: main

Types: deb
# a comment
URIs: http://mirror.example/debian/
Suites: bookworm bookworm-updates
Components: main contrib
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg`;
  expect(parseDeb822(text)).toEqual({
    uri: 'http://mirror.example/debian/',
    signedBy: '/usr/share/keyrings/debian-archive-keyring.gpg',
  });
});

test('a deb822 entry that is disabled, holds sources only, or is another distribution’s is not used', () => {
  const entry = (change: string): string =>
    `Types: deb\nURIs: http://a.example/d\nSuites: bookworm\nComponents: main\n${change}`;
  expect(parseDeb822(entry(''))).toBeDefined();
  expect(parseDeb822(entry('Enabled: no'))).toBeUndefined();
  expect(parseDeb822(entry('Types: deb-src'))).toBeUndefined();
  expect(parseDeb822(entry('Suites: noble'))).toBeUndefined();
});

test('reads one-line entries with and without options', () => {
  const text = `# deb http://old.example/debian bookworm main
deb-src http://mirror.example/debian bookworm main
deb http://mirror.example/debian-security bookworm-security main
deb [arch=amd64 signed-by=/etc/apt/key.gpg] http://mirror.example/debian trixie main non-free`;
  expect(parseOneLine(text)).toEqual({ uri: 'http://mirror.example/debian', signedBy: '/etc/apt/key.gpg' });
  expect(parseOneLine('deb http://mirror.example/debian sid main')).toEqual({
    uri: 'http://mirror.example/debian',
    signedBy: undefined,
  });
  expect(parseOneLine('deb http://mirror.example/ubuntu noble main')).toBeUndefined();
});
