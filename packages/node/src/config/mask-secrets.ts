// SPDX-License-Identifier: Apache-2.0

const SECRET_FIELD = /password|secret|token|seed/i;
const URL_CREDENTIALS = /(\w+:\/\/)[^/@\s]+@/g;

/** A copy of `value` that can be shown: secret fields and credentials inside URLs are masked. Names of secret files stay. */
export function maskSecrets(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(URL_CREDENTIALS, '$1***@');
  if (Array.isArray(value)) return value.map(maskSecrets);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([key, field]) => [
      key,
      SECRET_FIELD.test(key) && !key.endsWith('File') ? '***' : maskSecrets(field),
    ]),
  );
}
