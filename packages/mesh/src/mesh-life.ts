// SPDX-License-Identifier: Apache-2.0
//
// Where a node stands with its mesh, as a pure state machine.
//
//   idle --join--> joining --settle--> joined --leave--> left
//                     |                   |
//                     +----- yield -------+--> conflict
//
// Y1  Only the first conflict counts; nothing leads out of it, leaving included.
import type { AiflowError } from '@aiflow/protocol';
import type { MeshHealth } from './mesh.ts';

/** What giving up the name meant: it was never ours (`refused`), we had it (`lost`), or we had given it up before. */
export type YieldOutcome = 'refused' | 'lost' | 'ignored';

/** The life of one node on its mesh. */
export interface MeshLife {
  readonly state: MeshHealth['state'];
  /** Why the name had to be given up. */
  readonly conflict: AiflowError | undefined;
  /** Others are listened to: the node is joining or has joined. */
  readonly isOnMesh: boolean;
  join(): void;
  /** The window for objections is over. False when the node is not joining any more. */
  settle(): boolean;
  /** True when others have to be told. */
  leave(): boolean;
  /** Another node holds the name. */
  yield(error: AiflowError): YieldOutcome;
}

/** A life that has not begun. */
export function createMeshLife(): MeshLife {
  let state: MeshHealth['state'] = 'idle';
  let conflict: AiflowError | undefined;
  const isOnMesh = (): boolean => state === 'joining' || state === 'joined';
  return {
    get state() {
      return state;
    },
    get conflict() {
      return conflict;
    },
    get isOnMesh() {
      return isOnMesh();
    },
    join: () => {
      state = 'joining';
    },
    settle: () => {
      if (state !== 'joining') return false;
      state = 'joined';
      return true;
    },
    leave: () => {
      const wasOnMesh = isOnMesh();
      if (state !== 'conflict') state = 'left'; // Y1
      return wasOnMesh;
    },
    yield: error => {
      if (conflict !== undefined) return 'ignored'; // Y1
      conflict = error;
      const wasJoined = state === 'joined';
      state = 'conflict';
      return wasJoined ? 'lost' : 'refused';
    },
  };
}
