/** The manifest as format version 2. Whatever is missing or wrong is left for the reader of that version to refuse. */
export declare function fromVersion1(text: string): string;
//# sourceMappingURL=format-version-1.d.ts.map
