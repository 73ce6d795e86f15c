// SPDX-License-Identifier: Apache-2.0
import { CLOUD, DEVICE, EDGE, type ToyFleetOptions } from './toy-fleet.ts';

export const question = 'where is the docking station?';
/** A device, an edge and a cloud over links of some 10 ms. */
export const three: ToyFleetOptions = { nodes: [DEVICE, EDGE, CLOUD], faults: { delayMs: 10, jitterMs: 5 } };
