import { AiflowError } from '@aiflow/protocol';
/** An error that names the file, the bytes it needs, why it was refused, and what to do. */
export declare function storageError(path: string, bytes: number, error: unknown): AiflowError;
//# sourceMappingURL=storage-error.d.ts.map
