// SPDX-License-Identifier: Apache-2.0
import { GuardedGroup } from './guarded-group.ts';
import type { ProcessGroup, ProcessGroupCollaborators, ProcessGroupOptions } from './process-group.ts';
import { makeTemporaryFolder } from './temporary-folder.ts';

/** Makes a group without children. Dispose it, or it ends with this process. */
export async function createProcessGroup(
  collaborators: ProcessGroupCollaborators = {},
  options: ProcessGroupOptions = {},
): Promise<ProcessGroup> {
  const folder = await makeTemporaryFolder('fleet');
  return new GuardedGroup(collaborators, folder, options);
}
