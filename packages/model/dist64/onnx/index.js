// SPDX-License-Identifier: Apache-2.0
export { createGraphBuilder } from './graph-builder.js';
export { encodeOnnxModel } from './onnx-model.js';
//# sourceMappingURL=index.js.map
