// SPDX-License-Identifier: Apache-2.0
import { checkEndpoint } from './broker-endpoint.ts';
import { NatsCarrier } from './nats-carrier.ts';
import type { NatsTransport, NatsTransportCollaborators, NatsTransportOptions } from './nats-transport.ts';
import { parseFleetName, parsePlace } from './subjects.ts';

/**
 * Makes a transport; `start` connects it. Throws `invalid-argument` for names that are not allowed, and
 * `failed-precondition` for a broker off this machine without credentials and TLS.
 */
export function createNatsTransport(
  collaborators: NatsTransportCollaborators,
  options: NatsTransportOptions,
): NatsTransport {
  parseFleetName(options.fleet);
  parsePlace(options);
  for (const endpoint of [options.control, options.bulk ?? options.control]) checkEndpoint(endpoint);
  return new NatsCarrier(collaborators, options);
}
