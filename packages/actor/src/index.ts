// SPDX-License-Identifier: Apache-2.0
export { jsonAsk, jsonStream, jsonTell } from '@aiflow/protocol';
export type { ActorCaller, ActorContext, CallOptions, MessageContext, StreamOptions } from './actor-context.ts';
export type {
  ActorHandle,
  ActorStatus,
  ActorSystem,
  ActorSystemCollaborators,
  ActorSystemOptions,
} from './actor-system.ts';
export { createActorSystem } from './create-actor-system.ts';
export {
  type ActorDeclaration,
  type ActorDefinition,
  defineActor,
  type Handler,
  type HandlerMaker,
  onAsk,
  onStream,
  onTell,
  type SupervisionOptions,
} from './define-actor.ts';
export {
  type Call,
  type CallObservation,
  type CallObserver,
  type CallOutcome,
  createObservingInterceptor,
  type Interceptor,
  type NextCall,
} from './interceptor.ts';
export type { LinkFaults } from './link-faults.ts';
export { type LogFields, type Logger, SILENT_LOGGER } from './logger.ts';
export {
  createMemoryNetwork,
  type MemoryNetwork,
  type MemoryNetworkCollaborators,
  type MemoryNetworkOptions,
  type MemoryNetworkStatistics,
} from './memory-network.ts';
export { createSlotIndex, type SlotIndex } from './slot-index.ts';
export { type ActorDescription, describeSystem, SYSTEM_ACTOR, type SystemDescription } from './system-actor.ts';
export type { Transport, TransportReceiver } from './transport.ts';
