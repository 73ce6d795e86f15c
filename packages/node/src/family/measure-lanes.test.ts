import { expect, test } from 'vitest';
import { workInLanes } from './measure-lanes.ts';

class Resource implements AsyncDisposable {
  static open = 0;
  constructor() {
    Resource.open += 1;
  }
  async [Symbol.asyncDispose](): Promise<void> {
    Resource.open -= 1;
  }
}
const open = async (): Promise<Resource> => new Resource();
const signal = new AbortController().signal;

test('each item is worked on once, by as many lanes as there are', async () => {
  const done: number[] = [];
  let at = 0;
  let most = 0;
  await workInLanes([1, 2, 3, 4, 5], { lanes: 2, open, signal }, async (_, item) => {
    at += 1;
    most = Math.max(most, at);
    await Promise.resolve();
    at -= 1;
    done.push(item);
  });
  expect(done.sort()).toEqual([1, 2, 3, 4, 5]);
  expect(most).toBe(2);
  expect(Resource.open).toBe(0);
});

test('a failure ends the other lanes before their next item, and nothing stays open', async () => {
  const done: number[] = [];
  const work = workInLanes([1, 2, 3, 4, 5, 6], { lanes: 2, open, signal }, async (_, item) => {
    await Promise.resolve();
    if (item === 2) throw new Error('lost');
    done.push(item);
  });
  await expect(work).rejects.toThrow('lost');
  expect(done).not.toContain(6);
  expect(Resource.open).toBe(0);
});

test('a stop is told as such, after what was under way', async () => {
  const stop = new AbortController();
  const done: number[] = [];
  const work = workInLanes([1, 2, 3], { lanes: 1, open, signal: stop.signal }, async (_, item) => {
    done.push(item);
    stop.abort(new Error('stopped'));
  });
  await expect(work).rejects.toThrow('stopped');
  expect(done).toEqual([1]);
});

test('no item opens nothing', async () => {
  await workInLanes([], { lanes: 2, open: () => Promise.reject(new Error('opened')), signal }, async () => undefined);
});
