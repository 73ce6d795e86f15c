// SPDX-License-Identifier: Apache-2.0
import { expect } from 'vitest';
import { question } from './three-tiers.ts';
import { type Asked, CLOUD, DEVICE } from './toy-fleet.ts';

/** The cloud is late for a deadline of 150 ms, and the device has drafted by then. */
export const distant = { nodes: [DEVICE, CLOUD], faults: { delayMs: 150 } };
/** A question that is due before the cloud can have a word, and may be revised for long after it. */
export const late = { question, tiers: 'two', deadlineMs: 150, revisionsUntilMs: 10_000 } as const;

/** The leading text that no later revision may change. */
export function committedText(revision: Asked['revisions'][number] | undefined): string {
  return Buffer.from(revision?.text ?? '')
    .subarray(0, revision?.committedBytes)
    .toString();
}

/** From revision to revision, whoever answered. */
export function expectCommittedNeverChanges({ revisions }: Asked): void {
  let committed = '';
  let sequence = 0;
  for (const revision of revisions) {
    expect(revision.sequence).toBeGreaterThan(sequence);
    expect(revision.text.startsWith(committed)).toBe(true);
    sequence = revision.sequence;
    committed = committedText(revision);
  }
}
