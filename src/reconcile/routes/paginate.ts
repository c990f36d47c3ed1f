import { RestUnexpectedError } from '../../errors.js'

/** Some rows of a list, from the position `start` of it on. */
export interface Slice {
  /** Of its rows, in their order. */
  ids: readonly string[]
  /** Of these, those of rows that cannot be read: they have their places in the list, as all others. Absent: none. */
  unreadable?: ReadonlySet<string>
  start: number
  /** How many rows were asked for. */
  size: number
  /** How many the list has, if that is said. */
  total: number | null
}

export interface ReadSlice<P extends Slice> {
  slice: P
  /** Rows that no earlier slice had. */
  newRows: number
  /** Of these, those that cannot be read. */
  unreadable: number
}

const MAX_OVERLAP = 50
/**
 * Full portions without a new row, one after another, where none was read before: more rows than that do not move down
 * while one reads.
 */
const MAX_REPEATS = 3
/** How often one goes back without fact a new row in between: a list does not lose so many rows so often. */
const MAX_RETURNS = 5

/**
 * A list, slice by slice, whatever moves while it is read. New rows push others down, which come twice then: that
 * is harmless.
 * Rows that go pull others up, across the end of a slice that was read, and nobody would ask for them again. So each
 * slice begins
 * some rows before the end of the last, and must show one that is known: if it does not, more has gone than they
 * overlap, and it is
 * asked for again from further before, down to the beginning.
 * To read all twice until nothing is new would find the same, at twice the requests, which are counted.
 *
 * @param ask   must answer with at most `most` rows from `from`, or from a little before it, on
 * @param size  how many rows to ask for; fewer are, once MightyCall has shown that it gives fewer
 * @throws RestUnexpectedError  the list gives the same rows for ever: it cannot be read in full
 */
export async function* paginate<P extends Slice>(
  size: number,
  ask: (from: number, most: number) => Promise<P>
): AsyncGenerator<ReadSlice<P>> {
  const seen = new Set<string>()
  let most = size
  let back = MAX_OVERLAP
  let repeats = 0
  let returns = 0
  let passed = 0 // up to there rows come again because it was gone back, which is no repetition
  for (let from = 0; ; ) {
    const slice = await ask(from, most)
    const { ids, start } = slice
    if (start > 0 && !ids.some(id => seen.has(id))) {
      if (back === MAX_OVERLAP && ++returns > MAX_RETURNS) throw new RestUnexpectedError('its pages do not join')
      passed = Math.max(passed, from)
      from = Math.max(0, Math.min(start, seen.size) - back)
      back *= 2
      continue
    }
    const known = seen.size
    const unreadable = [...(slice.unreadable ?? [])].filter(id => !seen.has(id)).length
    for (const id of ids) seen.add(id)
    const newRows = seen.size - known
    yield { slice, newRows, unreadable }
    if (isEnd(slice, newRows)) return
    if (newRows > 0) repeats = returns = 0
    else if (start + ids.length > passed) repeats++
    if (repeats === MAX_REPEATS) throw new RestUnexpectedError('its pages repeat')
    back = MAX_OVERLAP
    if (ids.length < slice.size) most = Math.max(1, ids.length) // it gives no more at once, and a page's number counts by that
    from = Math.max(from + 1, start + ids.length - overlapOf(ids.length))
  }
}

/**
 * Where a list is asked for by the number of a page: of the pages of every size, the one that has the position and
 * reaches furthest.
 * Were it always one of the largest, the position could be one of its last rows, and one would not get on.
 */
export function pageAt(from: number, maxSize: number): { page: number; pageSize: number; start: number } {
  let [before, pageSize] = [Math.floor(from / maxSize), maxSize]
  for (let size = maxSize - 1; size > 0; size--) {
    const smallerBefore = Math.floor(from / size)
    if ((smallerBefore + 1) * size > (before + 1) * pageSize) [before, pageSize] = [smallerBefore, size]
  }
  return { page: before + 1, pageSize, start: before * pageSize }
}

/** A short slice is the last, unless a total says that MightyCall gives fewer rows than were asked for. */
function isEnd({ ids, start, size, total }: Slice, newRows: number): boolean {
  return ids.length < size && (total === null || start + ids.length >= total || newRows === 0)
}

/** Of at most half of them, so that one gets on. */
function overlapOf(rows: number): number {
  return Math.min(MAX_OVERLAP, Math.ceil(rows / 20), rows >> 1)
}
