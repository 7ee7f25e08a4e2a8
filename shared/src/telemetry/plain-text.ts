/** Long enough for every sentence of ours; what is longer came from outside. Arbitrary. */
export const TEXT_MAX_CHARACTERS = 512

// Controls steer terminals (C0, DEL, C1; ECMA-48); format characters, line separators and lone surrogates reorder or
// break what a person reads (Unicode TR 36 section 2).
const UNSAFE = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu

/**
 * Make text that came from anywhere fit for every sink: one line, printable, and at most {@link TEXT_MAX_CHARACTERS}
 * of its characters.
 */
export function toPlainText(text: string): string {
  const cut = text.length > TEXT_MAX_CHARACTERS ? `${text.slice(0, TEXT_MAX_CHARACTERS)}…` : text
  return cut.replace(UNSAFE, unsafe => `\\u{${unsafe.codePointAt(0)?.toString(16)}}`)
}
