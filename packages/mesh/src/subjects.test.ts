// SPDX-License-Identifier: Apache-2.0
import { AiflowError } from '@aiflow/protocol';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatSubject, type MeshSubject, messageOfToken, parseSubject, tokenOfMessage } from './subjects.ts';

const name = fc.stringMatching(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
const fleet = name.filter(value => value !== 'hello');
const place = fc.record({ site: name.filter(value => value !== 'all'), node: name });
const actor = fc.oneof(
  name,
  name.map(value => `$${value}`.slice(0, 63).replace(/-$/, '0')),
);
const subject: fc.Arbitrary<MeshSubject> = fc.oneof(
  fc.record({
    kind: fc.constant('message' as const),
    fleet,
    from: place,
    to: place,
    actor,
    lane: fc.constantFrom('control' as const, 'bulk' as const),
  }),
  fc.record({ kind: fc.constant('event' as const), fleet, from: place, event: name }),
  fc.record({
    kind: fc.constant('undelivered' as const),
    fleet,
    from: place,
    token: fc.stringMatching(/^[A-Za-z0-9_~-]{1,128}$/),
  }),
  fc.record({ kind: fc.constant('hello' as const), fleet, from: place }),
);
const soup = fc
  .array(fc.oneof(name, fc.constantFrom('af', 'hello', 'all', '$bulk', '*', '>', '', '$undelivered')), {
    maxLength: 9,
  })
  .map(tokens => tokens.join('.'));

describe('subjects', () => {
  test('format and parse are inverses', () => {
    fc.assert(
      fc.property(subject, value => {
        expect(parseSubject(formatSubject(value))).toEqual(value);
      }),
      { numRuns: 500 },
    );
  });

  test('whatever parses is the form that is made, so no second spelling passes', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          soup,
          fc.string(),
          soup.map(text => `af.${text}`),
        ),
        text => {
          const parsed = parseSubject(text);
          if (parsed !== undefined) expect(formatSubject(parsed)).toBe(text);
        },
      ),
      { numRuns: 2000 },
    );
  });

  test('everything but a hello starts with the prefix its sender is granted', () => {
    fc.assert(
      fc.property(subject, value => {
        const prefix =
          value.kind === 'hello'
            ? `af.hello.${value.fleet}.${value.from.site}.${value.from.node}`
            : `af.${value.fleet}.${value.from.site}.${value.from.node}.`;
        expect(formatSubject(value).startsWith(prefix)).toBe(true);
      }),
    );
  });

  test.each(['a.b', '*', '>', '', 'A', 'a b', 'a\r\nPUB x 0', '$sys', 'é', 'x'.repeat(64), '-a', '__proto__'])(
    'refuses the hostile node name %j',
    hostile => {
      const make = (): string =>
        formatSubject({
          kind: 'message',
          fleet: 'f',
          from: { site: 's', node: 'n' },
          to: { site: 's', node: hostile },
          actor: 'a',
          lane: 'control',
        });
      expect(make).toThrow(AiflowError);
      expect(make).toThrow(/name .* is not allowed/);
    },
  );

  test('message ids come back from their tokens, and no token holds a dot', () => {
    fc.assert(
      fc.property(fc.stringMatching(/^[A-Za-z0-9_.-]{1,128}$/), id => {
        const token = tokenOfMessage(id) ?? '';
        expect(token).toMatch(/^[^.]+$/);
        expect(messageOfToken(token)).toBe(id);
      }),
    );
    expect(['', 'a b', 'a~b', 'x'.repeat(129), 'a\r\n'].map(tokenOfMessage)).toEqual(Array(5).fill(undefined));
  });

  test('reserves the site `all` and the fleet `hello`, which would read as other subjects', () => {
    const from = { site: 's', node: 'n' };
    expect(() => formatSubject({ kind: 'hello', fleet: 'hello', from })).toThrow(/reserved/);
    expect(() => formatSubject({ kind: 'hello', fleet: 'f', from: { site: 'all', node: 'n' } })).toThrow(/reserved/);
  });
});
