const esc = "\x1b"

/** Texts that a page may choose for a terminal to obey or a reader not to see: what is written, and what must be seen of it. */
export const hostile: readonly (readonly [what: string, text: string, shown: string])[] = [
  ["colour", `${esc}[31mred`, "\\x1B[31mred"],
  ["colour by its C1 form", "\x9b31mred", "\\x9B31mred"],
  ["clear screen", `${esc}[2J`, "\\x1B[2J"],
  ["cursor up, over our prompt", `${esc}[1A${esc}[2K`, "\\x1B[1A\\x1B[2K"],
  ["scroll region", `${esc}[1;2r`, "\\x1B[1;2r"],
  ["alternate screen", `${esc}[?1049h`, "\\x1B[?1049h"],
  ["mouse reporting", `${esc}[?1003h`, "\\x1B[?1003h"],
  ["bracketed paste end", `${esc}[201~rm -rf ~`, "\\x1B[201~rm -rf ~"],
  ["report of the cursor", `${esc}[6n`, "\\x1B[6n"],
  ["reset", `${esc}c`, "\\x1Bc"],
  ["double height line", `${esc}#3`, "\\x1B#3"],
  ["other character set", `${esc}(0lqk`, "\\x1B(0lqk"],
  ["shift out", "\x0e", "\\x0E"],
  ["title", `${esc}]0;owned\x07`, "\\x1B]0;owned\\x07"],
  ["title by C1", "\x9d0;owned\x9c", "\\x9D0;owned\\x9C"],
  ["clipboard (OSC 52)", `${esc}]52;c;cm0gLXJmIH4=\x07`, "\\x1B]52;c;cm0gLXJmIH4=\\x07"],
  ["link (OSC 8)", `${esc}]8;;http://evil\x07ok${esc}]8;;\x07`, "\\x1B]8;;http://evil\\x07ok\\x1B]8;;\\x07"],
  ["palette (OSC 4)", `${esc}]4;1;?\x07`, "\\x1B]4;1;?\\x07"],
  ["notification (OSC 9)", `${esc}]9;hi\x07`, "\\x1B]9;hi\\x07"],
  ["image (OSC 1337)", `${esc}]1337;File=:AA==\x07`, "\\x1B]1337;File=:AA==\\x07"],
  ["device control (DCS)", `${esc}P$q"p${esc}\\`, '\\x1BP$q"p\\x1B\\'],
  ["device control by C1", "\x90$qm\x9c", "\\x90$qm\\x9C"],
  ["privacy message", `${esc}^x${esc}\\`, "\\x1B^x\\x1B\\"],
  ["application command", `${esc}_Gf=24${esc}\\`, "\\x1B_Gf=24\\x1B\\"],
  ["start of string", "\x98x\x9c", "\\x98x\\x9C"],
  ["bell", "\x07", "\\x07"],
  ["nul", "a\0b", "a\\x00b"],
  ["backspaces", "rm\b\bls", "rm\\b\\bls"],
  ["carriage return", "safe\revil", "safe\\revil"],
  ["carriage return and line feed", "a\r\nb", "a\\r\nb"],
  ["vertical tab", "a\vb", "a\\vb"],
  ["form feed", "a\fb", "a\\fb"],
  ["enquiry", "\x05", "\\x05"],
  ["end of file", "\x04\x1a", "\\x04\\x1A"],
  ["delete", "a\x7fb", "a\\x7Fb"],
  ["next line (C1)", "a\x85b", "a\\x85b"],
  ["right to left override", "\u202egpj.exe", "\\u202Egpj.exe"],
  ["embedding and its end", "\u202ax\u202c", "\\u202Ax\\u202C"],
  ["isolates", "\u2066a\u2069", "\\u2066a\\u2069"],
  ["direction marks", "\u200e\u200f\u061c", "\\u200E\\u200F\\u061C"],
  ["zero width space", "pay\u200bpal", "pay\\u200Bpal"],
  ["zero width non-joiner", "a\u200cb", "a\\u200Cb"],
  ["joiner between letters", "a\u200db", "a\\u200Db"],
  ["word joiner", "a\u2060b", "a\\u2060b"],
  ["invisible operators", "a\u2062b", "a\\u2062b"],
  ["byte order mark", "\ufeffa", "\\uFEFFa"],
  ["soft hyphen", "a\u00adb", "a\\xADb"],
  ["grapheme joiner", "a\u034fb", "a\\u034Fb"],
  ["Hangul fillers", "\u3164\u115f\uffa0", "\\u3164\\u115F\\uFFA0"],
  ["Khmer vowels without shape", "\u17b4\u17b5", "\\u17B4\\u17B5"],
  ["Mongolian vowel separator", "\u180e", "\\u180E"],
  ["interlinear annotation", "\ufff9a\ufffa", "\\uFFF9a\\uFFFA"],
  ["line and paragraph separators", "a\u2028b\u2029c", "a\\u2028b\\u2029c"],
  ["tags that spell a word", "\u{e0068}\u{e0069}", "\\u{E0068}\\u{E0069}"],
  ["variation selectors that carry bytes", "a\ufe0f\u{e0100}", "a\\uFE0F\\u{E0100}"],
  ["two selectors after a picture", "❤\ufe0f\ufe0f", "❤\ufe0f\\uFE0F"],
  ["joiners in a row", "👩\u200d\u200d💻", "👩\\u200D\\u200D💻"],
  ["musical controls", "\u{1d173}", "\\u{1D173}"],
  ["first half of a character", "\ud83d", "\\uD83D"],
  ["second half of a character", "a\ude00b", "a\\uDE00b"],
  ["halves in the wrong order", "\ude00\ud83d", "\\uDE00\\uD83D"],
]

/** A text as a line of JavaScript that is printable ASCII. */
export function literal(text: string): string {
  return JSON.stringify(text).replace(/[^ -~]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`)
}

/** Marks that make one picture of two. */
const inPictures =
  /(?<=[\p{Extended_Pictographic}\p{Emoji_Modifier}]\ufe0f?)\u200d(?=\p{Extended_Pictographic})|(?<=\p{Extended_Pictographic})\ufe0f/gu

/** What must not have been written to a terminal, apart from line breaks and tabs: as code points, with what stood before. */
export function dangersIn(written: string): readonly string[] {
  const rest = written.replaceAll("\r\n", "\n").replace(inPictures, "")
  return [...rest.matchAll(/(?![\n\t])[\p{C}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\ufffd]/gu)].map(
    ({ 0: danger, index }) => `${literal(rest.slice(Math.max(0, index - 40), index))} before ${literal(danger)}`,
  )
}
