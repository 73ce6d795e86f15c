// SPDX-License-Identifier: Apache-2.0
export type { Announcement, AnnouncementListener } from './announcement.ts';
export { type BrokerEndpoint, isLoopback } from './broker-endpoint.ts';
export type { InboxMode } from './inbox-subscriptions.ts';
export type { BrokerInfo } from './nats-link.ts';
export {
  createNatsTransport,
  type NatsTransport,
  type NatsTransportCollaborators,
  type NatsTransportHealth,
  type NatsTransportOptions,
} from './nats-transport.ts';
export {
  formatSubject,
  type InboxSubjects,
  inboxSubjects,
  type Lane,
  type MeshSubject,
  type NodePlace,
  parseSubject,
} from './subjects.ts';
export type { TransportCounters } from './transport-counters.ts';
