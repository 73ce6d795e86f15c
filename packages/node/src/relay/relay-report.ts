// SPDX-License-Identifier: Apache-2.0
import type { WireFormat } from '@aiflow/codec';
import { breakEvenRate, compareRelayWays, type RelayCosts, type RelayEstimate, type RelayWay } from '@aiflow/placement';
import { AiflowError } from '@aiflow/protocol';
import type { LinkFigures, RelaySummary } from '@aiflow/roles';
import type { RelayPair } from './relay-pair.ts';
import type { RelayTrial, RelayTrials } from './run-relay.ts';

/** One way of going on, as it was measured. */
export interface RelayRow {
  readonly way: RelayWay;
  readonly wireFormat: WireFormat | undefined;
  readonly firstTokenMs: number;
  readonly durationMs: number;
  /** Computed at the continuer until the first token. */
  readonly firstComputeMs: number;
  /** Share of the whole run's computing that it saves, and that over the layers' share. Absent for the whole run. */
  readonly saved: number | undefined;
  readonly savedOfShare: number | undefined;
  /** From the source before the first token. */
  readonly bytes: number;
  readonly bytesPerLaterToken: number;
  readonly tokens: number;
  /** Tokens equal to the whole run's, place by place, over the longer of the two. */
  readonly agreement: number;
}

/** Round trip and rate of a link. */
export interface RelayLink {
  readonly rttMs: number;
  readonly bytesPerSecond: number;
}

/** What a link prefers for numbers of one format. */
export interface RelayPreference {
  readonly wireFormat: WireFormat;
  /** The fastest first. */
  readonly estimates: readonly RelayEstimate[];
  /** Bytes a second above which going on from the source beats starting over; null where no rate does. */
  readonly breakEvenBytesPerSecond: number | null;
}

/** Everything `aiflow relay` found out. */
export interface RelayReport extends RelayPair {
  readonly question: string;
  readonly positions: number;
  /** Answer tokens that stood before the continuer spoke. */
  readonly standing: number;
  /** Of the continuer's layers, the exit's own block included, those that a relay leaves out. */
  readonly layersShare: number;
  /** As it was measured. */
  readonly link: RelayLink & { readonly isMeasuredRate: boolean };
  /** The emulated link that was asked for: what {@link RelayReport.prefers} goes by. Absent where none was. */
  readonly askedLink?: RelayLink;
  readonly rows: readonly RelayRow[];
  readonly prefers: readonly RelayPreference[];
  readonly answer: string;
  /** Ways that did not come to their end on this link, and why. */
  readonly failures: readonly (Pick<RelayRow, 'way' | 'wireFormat'> & { readonly message: string })[];
}

/** Bytes of one token id, as a rough bound: ids below 2^28 take at most four as varints. */
const ID_BYTES = 4;

/**
 * Works out what the trials say. The first of them is the whole run. What the link prefers goes by `askedLink` where there
 * is one: a rate that was measured over an emulated link in a moment of bursts is not the link's.
 */
export function reportRelay(
  question: string,
  pair: RelayPair,
  { done: trials, failed }: RelayTrials,
  askedLink?: RelayLink,
): RelayReport {
  const [whole] = trials;
  if (whole === undefined || whole.way !== 'ids') throw new AiflowError('internal', 'the whole run was not tried');
  const { summary } = whole;
  const layersShare = pair.layer / (pair.exit + 1);
  const positions = summary.promptTokens + summary.standing.length;
  const link = linkOf(trials);
  return {
    ...pair,
    ...{ question, positions, layersShare, link },
    ...(askedLink === undefined ? {} : { askedLink }),
    standing: summary.standing.length,
    rows: trials.map(trial => toRow(trial, whole, { layersShare, positions })),
    prefers: preferences(trials, whole, { pair, positions, link: askedLink ?? link }),
    answer: summary.text,
    failures: failed.map(({ way, wireFormat, failure: { message } }) => ({ way, wireFormat, message })),
  };
}

function toRow(
  trial: RelayTrial,
  whole: RelayTrial,
  { layersShare, positions }: { readonly layersShare: number; readonly positions: number },
): RelayRow {
  const { way, wireFormat, summary } = trial;
  const { transfer, tokens } = summary;
  const saved = 1 - median(trial.firstComputeMs) / median(whole.firstComputeMs);
  const isWhole = trial === whole;
  return {
    ...{ way, wireFormat },
    firstTokenMs: median(trial.firstTokenMs),
    durationMs: summary.durationMs,
    firstComputeMs: median(trial.firstComputeMs),
    saved: isWhole ? undefined : saved,
    savedOfShare: isWhole ? undefined : saved / layersShare,
    bytes: isWhole ? positions * ID_BYTES : transfer.bytes,
    bytesPerLaterToken: transfer.steps === 0 ? 0 : transfer.stepBytes / transfer.steps,
    tokens: tokens.length,
    agreement: agreementOf(tokens, whole.summary.tokens),
  };
}

/** Share of places at which both say the same token; 1 where neither says any. */
export function agreementOf(one: readonly number[], other: readonly number[]): number {
  const longer = Math.max(one.length, other.length);
  if (longer === 0) return 1;
  return one.filter((token, place) => token === other[place]).length / longer;
}

function preferences(
  trials: readonly RelayTrial[],
  whole: RelayTrial,
  facts: { readonly pair: RelayPair; readonly positions: number; readonly link: RelayLink },
): readonly RelayPreference[] {
  return trials
    .filter(({ way }) => way === 'features')
    .map(({ wireFormat = 'fp32', summary }) => {
      const costs = costsOf(summary, whole.summary, facts);
      const rate = breakEvenRate(costs);
      return {
        wireFormat,
        estimates: compareRelayWays(costs),
        breakEvenBytesPerSecond: Number.isFinite(rate) ? rate : null,
      };
    });
}

function costsOf(
  relayed: RelaySummary,
  whole: RelaySummary,
  {
    pair: { layer, exit },
    positions,
    link,
  }: {
    readonly pair: RelayPair;
    readonly positions: number;
    readonly link: RelayLink;
  },
): RelayCosts {
  const { compute, transfer, tokens } = relayed;
  const rowBytes = transfer.bytes / Math.max(1, positions);
  return {
    link,
    positions,
    tokens: Math.max(0, tokens.length - 1),
    rowBytes,
    cacheBytes: 2 * layer * rowBytes,
    sourceMs: compute.sourceMs,
    fullMs: whole.compute.firstMs,
    upperMs: compute.firstMs,
    stepMs: whole.compute.stepMs,
    stepBelowMs: (whole.compute.stepMs * layer) / (exit + 1), // a step says not what the source computed: by its layers
    stepAboveMs: compute.stepMs,
  };
}

/** The mesh's measurement; where it has none, what the largest transfer reached. */
function linkOf(trials: readonly RelayTrial[]): RelayReport['link'] {
  const links = trials.map(({ summary }) => summary.link);
  const pick = (field: keyof LinkFigures): number | undefined => links.map(link => link[field]).findLast(Boolean);
  const transfers = trials.map(({ summary }) => summary.transfer).sort((one, other) => other.bytes - one.bytes);
  const [largest] = transfers;
  const reached = largest === undefined || largest.ms <= 0 ? Infinity : (largest.bytes / largest.ms) * 1000;
  const measured = pick('bytesPerSecond');
  return {
    rttMs: pick('rttMs') ?? 0,
    bytesPerSecond: measured ?? reached,
    isMeasuredRate: measured !== undefined,
  };
}

function median(values: readonly number[]): number {
  const sorted = [...values].sort((one, other) => one - other);
  return sorted[(sorted.length - 1) >> 1] ?? 0;
}
