// SPDX-License-Identifier: Apache-2.0
import type { AiflowError } from '@aiflow/protocol';
import { ATTRIBUTES } from './names.ts';
import type { Attributes } from './span-record.ts';

const MAX_MESSAGE_LENGTH = 512;

/** What a span says of the error it ended with; nothing when there was none. */
export function errorAttributes(error: AiflowError | undefined): Attributes {
  if (error === undefined) return {};
  return {
    [ATTRIBUTES.errorType]: error.code,
    [ATTRIBUTES.errorMessage]: error.message.slice(0, MAX_MESSAGE_LENGTH),
    ...(error.hop === undefined ? {} : { [ATTRIBUTES.errorHop]: error.hop.slice(0, MAX_MESSAGE_LENGTH) }),
  };
}
