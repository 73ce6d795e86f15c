// SPDX-License-Identifier: Apache-2.0
import { createSystemClock } from '@aiflow/time';
import { createHostedEngine, type HostedEngine, type HostedEngineOptions } from '../src/host/create-hosted-engine.ts';
import { SILENT, type Workspace } from './engines.ts';

/** An engine in a process of its own, from the build, over the random family in the workspace's folder `family`. */
export function startHost(workspace: Workspace, options: Partial<HostedEngineOptions> = {}): Promise<HostedEngine> {
  return createHostedEngine(
    { clock: createSystemClock({ keepAlive: true }), logger: SILENT },
    {
      ...{ familyFolder: workspace.path('family'), exits: [1, 3, 4], format: 'fp32' },
      cacheFolder: workspace.path('graphs'),
      ...options,
    },
  );
}
