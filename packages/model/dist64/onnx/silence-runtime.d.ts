export {};
//# sourceMappingURL=silence-runtime.d.ts.map
