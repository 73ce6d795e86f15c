import type { FamilyFolder } from './manifest/family-folder.ts';
/** A file that is what its manifest says. */
export interface CheckedFile {
  readonly file: string;
  readonly bytes: number;
  /** 0 for a file that holds none, such as the tokenizer. */
  readonly tensors: number;
}
/**
 * Checks every file of a family: size and hash, that each tensor has the shape the family's dimensions ask for, and that
 * they are as many parameters as the manifest states.
 *
 * @throws AiflowError the first problem: `not-found` or `data-loss` naming file, what was expected and what was found.
 */
export declare function checkFamily(family: FamilyFolder): Promise<readonly CheckedFile[]>;
//# sourceMappingURL=check-family.d.ts.map
