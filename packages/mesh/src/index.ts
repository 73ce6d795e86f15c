// SPDX-License-Identifier: Apache-2.0
export type { Announcement, AnnouncementListener } from './announcement.ts';
export { type BrokerEndpoint, isLoopback } from './broker-endpoint.ts';
export type { Candidate } from './candidates.ts';
export { createMesh } from './create-mesh.ts';
export { createNatsTransport } from './create-nats-transport.ts';
export { createDoor } from './direct/create-door.ts';
export { createDoorTransport } from './direct/create-door-transport.ts';
export type { Door, DoorCollaborators, DoorHealth, DoorOptions } from './direct/door.ts';
export type { DoorCounters } from './direct/door-counters.ts';
export { doorSocketOf, MAX_SOCKET_PATH_BYTES } from './direct/door-socket.ts';
export type { DoorTransport, DoorTransportCollaborators, DoorTransportOptions } from './direct/door-transport.ts';
export { createRoutedTransport } from './direct/routed-transport.ts';
export {
  createEphemeralIdentity,
  fingerprintOf,
  KEY_FILE_NAME,
  loadIdentity,
  type NodeIdentity,
  verifySignature,
} from './identity.ts';
export type { InboxMode } from './inbox-subscriptions.ts';
export type { LinkMeasurement } from './link-meter.ts';
export type { Member, MemberChange, MemberChangeKind, MemberState } from './member.ts';
export type { Mesh, MeshCollaborators, MeshCounters, MeshHealth, MeshOptions } from './mesh.ts';
export type { BrokerInfo } from './nats-link.ts';
export type {
  NatsTransport,
  NatsTransportCollaborators,
  NatsTransportHealth,
  NatsTransportOptions,
} from './nats-transport.ts';
export { type NodeDescription, signAdvert } from './own-advert.ts';
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
export { createFirstUseTrust, createKeyListTrust, type TrustPolicy } from './trust.ts';
