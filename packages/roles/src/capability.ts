// SPDX-License-Identifier: Apache-2.0
import type { ComputeFormat } from '@aiflow/model';

/**
 * What a node can do with a model family, as it stands in its advert: `verify:nano:11:fp32`. `features` serves hidden
 * states before the layer at this exit's depth, `continue` goes on from them.
 */
export interface ModelCapability {
  readonly duty: 'verify' | 'answer' | 'features' | 'continue';
  readonly family: string;
  readonly exit: number;
  readonly format: ComputeFormat;
}

const PATTERN = /^(verify|answer|features|continue):([^:]+):(\d{1,5}):(fp32|int8|int4)$/;

/** The text form. */
export function formatCapability({ duty, family, exit, format }: ModelCapability): string {
  return `${duty}:${family}:${exit}:${format}`;
}

/** The inverse of {@link formatCapability}; undefined for anything else, as adverts carry other capabilities too. */
export function parseCapability(text: string): ModelCapability | undefined {
  const [, duty, family, exit, format] = PATTERN.exec(text) ?? [];
  if (duty === undefined || family === undefined || exit === undefined || format === undefined) return undefined;
  return {
    duty: duty as ModelCapability['duty'],
    family,
    exit: Number(exit),
    format: format as ComputeFormat,
  };
}
