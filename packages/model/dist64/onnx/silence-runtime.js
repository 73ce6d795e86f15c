// SPDX-License-Identifier: Apache-2.0
//
// The runtime's released builds report their use to their maker, and keep an identifier of the device and files in the
// temporary folder for it. A program that embeds aiflow did not ask for that. The runtime reads the variable when it is
// loaded, so this module is imported before it.
process.env.ORT_DISABLE_TELEMETRY = '1';

export {};
//# sourceMappingURL=silence-runtime.js.map
