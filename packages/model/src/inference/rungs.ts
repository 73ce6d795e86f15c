// SPDX-License-Identifier: Apache-2.0
import type { Stage } from './stage.ts';

/** An exit and the trunk stages below it. */
export interface Rungs {
  readonly trunk: readonly Stage[];
  readonly exit: Stage;
  /** Which rung of the exit `exit` is. */
  readonly rung: number;
}
