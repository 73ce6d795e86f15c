// SPDX-License-Identifier: Apache-2.0
import { type Logger, SILENT_LOGGER } from '@aiflow/actor';
import { expect, test } from 'vitest';
import { createListeners } from './listeners.ts';

test('a listener that throws is logged and keeps nobody else from hearing', () => {
  const errors: string[] = [];
  const logger: Logger = { ...SILENT_LOGGER, error: message => void errors.push(message) };
  const listeners = createListeners<number>(logger);
  const heard: number[] = [];
  listeners.add(() => {
    throw new Error('out of paper');
  });
  listeners.add(value => void heard.push(value));
  listeners.tell(7);
  expect(heard).toEqual([7]);
  expect(errors).toEqual(['bug: a mesh listener threw: out of paper']);
});

test('a listener hears nothing any more once it was taken out', () => {
  const listeners = createListeners<number>(SILENT_LOGGER);
  const heard: number[] = [];
  const remove = listeners.add(value => void heard.push(value));
  listeners.tell(1);
  remove();
  listeners.tell(2);
  expect(heard).toEqual([1]);
});
