import { lastUpTo, positionsIn } from "./lines.ts"

/** Text in place of a part of the source; where that part is empty, an insertion. */
interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
  /** What the text stands for: errors in it are told to be there. */
  readonly origin: number
  /** Of edits at one offset: what closes comes before what opens, and what is opened first closes last. */
  readonly rank: number
}

/** Changes to a source by offset. They nest: ask for the outer one first. */
export class Edits {
  readonly #edits: Edit[] = []

  /** Puts text before what starts at an offset. */
  open(offset: number, text: string): void {
    this.replace(offset, offset, text)
  }

  /** Puts text behind what ends at an offset. */
  close(offset: number, text: string): void {
    this.#edits.push({ start: offset, end: offset, text, origin: offset, rank: -1 - this.#edits.length })
  }

  replace(start: number, end: number, text: string, origin = start): void {
    this.#edits.push({ start, end, text, origin, rank: 1 + this.#edits.length })
  }

  inOrder(): readonly Edit[] {
    return [...this.#edits].sort((a, b) => a.start - b.start || a.rank - b.rank)
  }
}

/** A stretch of the source that stands unchanged in the new text, from `at` on. Where it is empty, other text stands for it. */
interface Stretch {
  readonly start: number
  readonly end: number
  readonly at: number
}

/** A new text, put together from edited parts of a source, that knows where each came from. */
export class Rewriting {
  text = ""
  readonly #source: string
  readonly #edits: readonly Edit[]
  readonly #stretches: Stretch[] = []

  constructor(source: string, edits: Edits) {
    this.#source = source
    this.#edits = edits.inOrder()
  }

  /** Appends text that is not of the source. */
  add(text: string): void {
    this.text += text
  }

  /** What is appended next stands for this place. */
  standFor(offset: number): void {
    this.#stretches.push({ start: offset, end: offset, at: this.text.length })
  }

  /** Appends a part of the source with its edits. */
  take(start: number, end: number): void {
    let from = start
    const first = lastUpTo(this.#edits, start - 1, (edit) => edit.start) + 1
    for (let index = first; index < this.#edits.length && this.#edits[index]!.start <= end; index++) {
      const edit = this.#edits[index]!
      const isWithin = edit.start >= from && edit.end <= end
      const isOfNeighbour = edit.start === edit.end && edit.start === (edit.rank < 0 ? start : end)
      if (!isWithin || isOfNeighbour) continue
      this.#keep(from, edit.start)
      this.standFor(edit.origin)
      this.add(edit.text)
      from = edit.end
    }
    this.#keep(from, end)
  }

  #keep(start: number, end: number): void {
    if (start === end) return
    this.#stretches.push({ start, end, at: this.text.length })
    this.text += this.#source.slice(start, end)
  }

  /** A function that tells where an offset of the source is now; undefined where its text did not stay. */
  locator(): (offset: number) => number | undefined {
    const inOrder = this.#stretches.filter(({ start, end }) => start < end).sort((a, b) => a.start - b.start)
    return (offset) => {
      const stretch = inOrder[lastUpTo(inOrder, offset, ({ start }) => start)]
      return stretch && offset < stretch.end ? stretch.at + offset - stretch.start : undefined
    }
  }

  /**
   * By how much columns moved: triples of a line and a column of the new text,
   * and how far the rest of that line, from there on, stands to the right of its
   * place in the source. Lines without a triple did not move.
   */
  shifts(): readonly number[] {
    const nowAt = positionsIn(this.text)
    const wasAt = positionsIn(this.#source)
    const shifts: number[] = []
    let last = { line: 0, shift: 0 }
    for (const { start, at } of this.#stretches) {
      const { line, column } = nowAt(at)
      const shift = column - wasAt(start).column
      if (shift === (line === last.line ? last.shift : 0)) continue
      shifts.push(line, column, shift)
      last = { line, shift }
    }
    return shifts
  }
}
