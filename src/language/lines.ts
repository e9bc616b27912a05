/** A place in a text as people and engines count: both from 1. */
export interface Position {
  readonly line: number
  readonly column: number
}

/** The offset at which each line starts, by the language's own line terminators. */
export function lineStarts(text: string): readonly number[] {
  return [0, ...Array.from(text.matchAll(/\r\n?|[\n\u2028\u2029]/g), ({ 0: end, index }) => index + end.length)]
}

/** A function that gives the position of an offset. */
export function positionsIn(text: string): (offset: number) => Position {
  const starts = lineStarts(text)
  return (offset) => {
    const line = lastUpTo(starts, offset, (start) => start)
    return { line: line + 1, column: offset - starts[line]! + 1 }
  }
}

/** The index of the last item, of a list in order, whose place is not beyond the one given; -1 if all are. */
export function lastUpTo<Item>(items: readonly Item[], place: number, placeOf: (item: Item) => number): number {
  let low = 0
  let high = items.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (placeOf(items[middle]!) <= place) low = middle + 1
    else high = middle
  }
  return low - 1
}

/** Nothing, that takes up as many lines and ends in the same column. */
export function blankOf(text: string): string {
  const lines = text.replace(/[^\r\n\u2028\u2029]+/g, "")
  return lines + " ".repeat(text.length - lineStarts(text).at(-1)!)
}
