// SPDX-License-Identifier: Apache-2.0

/** What an engine holds and costs. */
export interface EngineStatus {
  readonly sessions: number;
  readonly cachedBytes: number;
  readonly residentBytes: number;
}

/** What one graph has done since it was loaded. */
export interface StageWork {
  readonly id: string;
  readonly runs: number;
  readonly rows: number;
  /** Median time of its last runs of at most 8 rows; absent before the first. Budgets are counted with it. */
  readonly msPerRun?: number | undefined;
}

/** What an engine computed since it was loaded: shows what a relay saved. */
export interface RelayingStatus extends EngineStatus {
  /** Rows taken by `writeState`. */
  readonly receivedRows: number;
  /**
   * Rows that a layer computed again from the token ids although their states further up were held, because a session
   * went on without its sender. A row counts once for each trunk stage.
   */
  readonly refilledRows: number;
  readonly stages: readonly StageWork[];
}
