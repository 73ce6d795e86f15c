// SPDX-License-Identifier: Apache-2.0
export {};
//# sourceMappingURL=logger.js.map
