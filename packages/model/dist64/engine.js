// SPDX-License-Identifier: Apache-2.0
export {};
//# sourceMappingURL=engine.js.map
