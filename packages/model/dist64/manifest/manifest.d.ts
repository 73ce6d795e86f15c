/** The sizes and constants every tensor of a family follows. */
export interface Dimensions {
  readonly layers: number;
  readonly hidden: number;
  readonly heads: number;
  readonly kvHeads: number;
  readonly headSize: number;
  readonly feedForward: number;
  readonly vocabulary: number;
  /** Most positions a session may hold, prompt and answer together. */
  readonly context: number;
  readonly ropeTheta: number;
  /** `half`: the two halves of a head are rotated against each other. */
  readonly ropeStyle: 'half';
  readonly normEpsilon: number;
}
/** A file of the family with what it must hash to. */
export interface BlobEntry {
  readonly file: string;
  /** 64 lower-case hex digits. */
  readonly sha256: string;
  readonly bytes: number;
}
/** Ids of the tokens that structure a sequence: [question] text [answer] text [end]. */
export interface SpecialTokens {
  readonly question: number;
  readonly answer: number;
  readonly end: number;
  readonly pad: number;
}
/**
 * What a segment's tensors are for. A trunk segment holds layers `from` to `to - 1`; an exit's segment those components
 * of its block that `rung` adds to the rung below.
 */
export type SegmentContent =
  | {
      readonly kind: 'embedding';
    }
  | {
      readonly kind: 'trunk';
      readonly from: number;
      readonly to: number;
    }
  | {
      readonly kind: 'exit';
      readonly depth: number;
      readonly rung: number;
    };
/** The unit of loading: one safetensors file. */
export interface SegmentEntry extends BlobEntry {
  readonly id: string;
  readonly holds: SegmentContent;
}
/** One size of an exit's own block: a prefix of its components, and what was measured with it. */
export interface RungEntry {
  /** 1 is the smallest. */
  readonly rung: number;
  /** Ids of the segments it needs: embedding, trunk in order, the exit's rungs up to this one. */
  readonly segments: readonly string[];
  /** Weights in those segments; scales of quantisation are not counted. */
  readonly parameters: number;
  /** Of those segments together. */
  readonly bytes: number;
  /** Measured scores by format, as the recipe wrote them. */
  readonly scores: Readonly<Record<string, unknown>>;
  /** Share of tokens equal to the deepest exit's; absent when not measured. */
  readonly agreement: number | undefined;
  readonly tokensPerVerify: number | undefined;
}
/** What a margin between the two best logits promises. */
export interface ConfidenceEntry {
  /** At most this share of such tokens differs from the deepest exit's: a 95 % bound on texts kept for it. */
  readonly risk: number;
  /** In logits. */
  readonly margin: number;
}
/** A depth at which the family answers. */
export interface ExitEntry {
  readonly depth: number;
  /** Ascending. The last is the exit wherever no rung is named. */
  readonly rungs: readonly RungEntry[];
  /** Of the last rung, ascending by risk; empty where it was not calibrated. */
  readonly confidence: readonly ConfidenceEntry[];
}
/** Names a hidden state by the weights that made it: two nodes may exchange it only when ids are equal. */
export interface FeatureSpaceEntry {
  /** The state before this layer. */
  readonly layer: number;
  readonly id: string;
}
/** Questions that cost `exit` more bits per byte than the limit lie outside what the family was trained on. */
export interface InDomainRule {
  readonly exit: number;
  readonly maxBitsPerByte: number;
}
/** What `manifest.json` of a family folder says, checked for consistency. */
export interface FamilyManifest {
  readonly formatVersion: 2;
  readonly family: string;
  readonly version: string;
  readonly licence: string;
  readonly dimensions: Dimensions;
  readonly tokenizer: BlobEntry & {
    readonly specials: SpecialTokens;
  };
  readonly segments: readonly SegmentEntry[];
  /** Ascending by depth. */
  readonly exits: readonly ExitEntry[];
  readonly featureSpaces: readonly FeatureSpaceEntry[];
  readonly inDomain: InDomainRule | undefined;
  /** Bits per byte on natural text by exit and corpus, as the recipe wrote them. */
  readonly naturalText: unknown;
}
//# sourceMappingURL=manifest.d.ts.map
