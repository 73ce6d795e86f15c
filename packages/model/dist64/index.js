// SPDX-License-Identifier: Apache-2.0
export { checkFamily } from './check-family.js';
export { confidencePolicy } from './exit-policy/confidence-policy.js';
export { createHostedEngine } from './host/create-hosted-engine.js';
export { bitsPerByte } from './in-domain.js';
export { createEngine } from './inference/create-engine.js';
export { openFamilyFolder } from './manifest/family-folder.js';
export { parseManifest } from './manifest/parse-manifest.js';
export { segmentsFor } from './manifest/segments.js';
export { tensorContract } from './manifest/tensor-contract.js';
export { openTokenizer } from './tokenizer/tokenizer.js';
//# sourceMappingURL=index.js.map
