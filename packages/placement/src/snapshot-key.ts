// SPDX-License-Identifier: Apache-2.0
import type { ExitCost, PlacementNode, PlacementSnapshot } from './snapshot.ts';

/** Values within about 4 % of each other read the same. */
function rough(value: number): number {
  return Math.round(Math.log(Math.max(0.01, value)) * 25);
}

/** Shares are told apart by what they leave to be wrong. */
function roughShare(value: number): number {
  return Math.round(Math.log(Math.max(1e-4, 1 - value)) * 12);
}

/** One text for all snapshots that differ too little to be planned differently. */
export function snapshotKey(snapshot: PlacementSnapshot): string {
  const { referenceExit, promptTokens, answerTokens, allowed, allowNearExact, owner, others, acceptance } = snapshot;
  const question = [referenceExit, rough(promptTokens), rough(answerTokens), allowed?.join() ?? '', allowNearExact];
  const links = others.map(
    ({ link, duties }) => `${rough(link.rttMs)}/${rough(link.bytesPerSecond ?? 1e12)}${duties?.join() ?? ''}`,
  );
  const pairs = acceptance.map(pair => `${pair.draftExit}>${pair.judgeExit}:${pair.byPosition.map(roughShare).join()}`);
  return [question.join(), nodeKey(owner), ...others.map(nodeKey), ...links, ...pairs].join('|');
}

function nodeKey({ node, exits, load }: PlacementNode): string {
  return `${node}*${rough(load ?? 1)}:${exits.map(exitKey).join(';')}`;
}

function exitKey({ exit, format, stepMs, verify, prefillTokenMs }: ExitCost): string {
  const curve = (verify ?? []).map(({ tokens, ms }) => `${tokens}@${rough(ms)}`).join();
  return `${exit}${format}${rough(stepMs)}[${curve}]${prefillTokenMs === undefined ? '' : rough(prefillTokenMs)}`;
}
