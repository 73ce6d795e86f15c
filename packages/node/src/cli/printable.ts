// SPDX-License-Identifier: Apache-2.0

const CONTROL_PICTURES = 0x2400;
const DELETE = 0x7f;
const DELETE_PICTURE = '\u2421';

/**
 * Text that a terminal shows as it is: control characters other than line feed and tab, which could move the cursor or
 * change colours, become their pictures. Questions and answers may hold any character.
 */
export function printable(text: string): string {
  return text.replace(/\p{Cc}/gu, character => {
    if (character === '\n' || character === '\t') return character;
    const code = character.codePointAt(0) ?? 0;
    if (code < 0x20) return String.fromCodePoint(CONTROL_PICTURES + code);
    return code === DELETE ? DELETE_PICTURE : '\ufffd';
  });
}
