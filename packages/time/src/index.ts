// SPDX-License-Identifier: Apache-2.0
export { type Clock, sleep, type Timer } from './clock.ts';
export { createSeededRandom, createSystemRandom, type Random } from './random.ts';
export { createSystemClock } from './system-clock.ts';
export { createVirtualClock, type SettlingOptions, type VirtualClock } from './virtual-clock.ts';
