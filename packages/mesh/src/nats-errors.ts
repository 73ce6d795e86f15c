// SPDX-License-Identifier: Apache-2.0
//
// The one place where errors of the NATS client become ours.
import { AiflowError } from '@aiflow/protocol';
import { errors } from '@nats-io/transport-node';
import { parseSubject } from './subjects.ts';

/** Maps whatever the NATS client threw or reported while speaking over `hop`, such as `device-1 -> broker`. */
export function fromNatsError(error: unknown, hop: string): AiflowError {
  if (AiflowError.is(error)) return error.at({ hop });
  if (error instanceof errors.PermissionViolationError) return fromPermissionViolation(error, hop);
  const known = CODES.find(([type]) => error instanceof type);
  const reason = error instanceof Error ? error.message || error.name : String(error);
  if (known === undefined) {
    return new AiflowError('unavailable', `broker connection failed: ${reason}`, { cause: error, hop });
  }
  const [, code, what] = known;
  return new AiflowError(code, `${what}: ${reason}`, { cause: error, hop });
}

/** True when trying again can't help until somebody changes a configuration. */
export function isCredentialError(error: unknown): boolean {
  return error instanceof errors.AuthorizationError || error instanceof errors.UserAuthenticationExpiredError;
}

type ErrorType = abstract new (...args: never[]) => Error;

/** From special to general: the first that fits names the case. */
const CODES: readonly (readonly [
  ErrorType,
  'unavailable' | 'unauthenticated' | 'invalid-argument' | 'internal',
  string,
])[] = [
  [errors.AuthorizationError, 'unauthenticated', 'broker refused the credentials: check user, key or token'],
  [errors.UserAuthenticationExpiredError, 'unauthenticated', 'broker says the credentials expired: renew them'],
  [errors.ClosedConnectionError, 'unavailable', 'broker connection is closed'],
  [errors.DrainingConnectionError, 'unavailable', 'broker connection is closing'],
  [errors.ConnectionError, 'unavailable', 'broker is not reachable'],
  [errors.TimeoutError, 'unavailable', 'broker did not answer in time'],
  [errors.NoRespondersError, 'unavailable', 'nobody listens'],
  [errors.RequestError, 'unavailable', 'broker connection broke'],
  [errors.InvalidArgumentError, 'invalid-argument', 'broker client refused the message'],
  [errors.InvalidSubjectError, 'internal', 'broker client refused the subject'],
  [errors.ProtocolError, 'unavailable', 'broker reported an error'],
];

function fromPermissionViolation(
  error: InstanceType<typeof errors.PermissionViolationError>,
  hop: string,
): AiflowError {
  const verb = error.operation === 'publish' ? 'publish to' : 'subscribe to';
  const parsed = parseSubject(error.subject);
  const whose = parsed?.kind === 'message' ? ` (${parsed.from.node} to ${parsed.to.node}/${parsed.actor})` : '';
  return new AiflowError(
    'permission-denied',
    `broker does not let this node ${verb} ${error.subject}${whose}: grant it to the node's broker user or leaf remote`,
    { cause: error, hop, details: { operation: error.operation, subject: error.subject } },
  );
}
