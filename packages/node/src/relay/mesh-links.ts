// SPDX-License-Identifier: Apache-2.0
import type { Mesh } from '@aiflow/mesh';
import type { LinkBook } from '@aiflow/roles';

/** The links of this node as its mesh measures them. */
export function createMeshLinks(mesh: Pick<Mesh, 'links'>): LinkBook {
  return {
    to: node => {
      const link = mesh.links().find(({ peer }) => peer === node);
      return { rttMs: link?.rttMs, bytesPerSecond: link?.bytesPerSecond };
    },
  };
}
