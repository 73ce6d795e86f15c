export {};
//# sourceMappingURL=host-main.d.ts.map
