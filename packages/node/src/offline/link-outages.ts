// SPDX-License-Identifier: Apache-2.0
import type { MemberChangeKind, MemberState, Mesh } from '@aiflow/mesh';
import type { OutageRecorder } from '@aiflow/telemetry';
import { type Clock, sleep } from '@aiflow/time';

const GONE: readonly MemberChangeKind[] = ['dead', 'left'];
const THERE: readonly MemberState[] = ['alive', 'draining'];
const LOOK_EVERY_MS = 250;
const BROKER = 'broker';

/** How links are watched. */
export interface LinkWatchOptions {
  readonly clock: Clock;
  readonly signal: AbortSignal;
  /** The broker can be reached again. */
  readonly onReconnected: () => void;
}

/** Tells `recorder` when other nodes, or the broker, can't be reached and when they can again, until `signal` aborts. */
export async function recordLinkOutages(
  mesh: Pick<Mesh, 'onChange' | 'health'>,
  recorder: OutageRecorder,
  { clock, signal, onReconnected }: LinkWatchOptions,
): Promise<void> {
  const unsubscribe = mesh.onChange(({ kind, member }) => {
    if (member.tier === 'client') return;
    if (GONE.includes(kind)) recorder.down(member.node, kind === 'left' ? 'it left' : 'nothing was heard of it');
    else if (THERE.includes(member.state)) recorder.up(member.node);
  });
  try {
    for (let wasUp = true; !signal.aborted; ) {
      const isUp = mesh.health().control === 'up';
      if (wasUp && !isUp) recorder.down(BROKER, 'no connection');
      if (!wasUp && isUp) {
        recorder.up(BROKER);
        onReconnected();
      }
      wasUp = isUp;
      await sleep(clock, LOOK_EVERY_MS, signal).catch(() => undefined);
    }
  } finally {
    unsubscribe();
    recorder[Symbol.dispose]();
  }
}
