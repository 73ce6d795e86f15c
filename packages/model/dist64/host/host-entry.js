// SPDX-License-Identifier: Apache-2.0
import { fileURLToPath } from 'node:url';
/**
 * The file a host process runs. Node runs JavaScript only, so when this package is read from its TypeScript source, as
 * tests do, the host comes from the build beside it.
 */
export function hostEntryPath(moduleUrl = import.meta.url) {
  const built = moduleUrl.endsWith('.ts') ? moduleUrl.replace(/\/src\/(?=[^/]+\/[^/]+$)/, '/dist/') : moduleUrl;
  return fileURLToPath(new URL('./host-main.js', built));
}
//# sourceMappingURL=host-entry.js.map
