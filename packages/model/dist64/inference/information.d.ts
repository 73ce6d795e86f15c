import type { LadderContext } from './ladder.ts';
/**
 * Bits that the exit needs for the session's prompt after its first token: the sum of -log2 p(token | tokens before).
 * The session must be new.
 */
export declare function measureInformation(context: LadderContext): Promise<number>;
//# sourceMappingURL=information.d.ts.map
