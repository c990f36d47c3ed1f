import { RestUnexpectedError } from '../../errors.js'

/** Consecutive rows of a list, from the position `start` on. */
export interface Slice {
  /** The ids of its rows, in their order. */
  ids: readonly string[]
  /** The ids of the unreadable rows among them, which have their place in the list as well; none by default. */
  unreadable?: ReadonlySet<string>
  start: number
  /** How many rows were asked for. */
  size: number
  /** The length of the list, or null when MightyCall does not report it. */
  total: number | null
}

export interface ReadSlice<P extends Slice> {
  slice: P
  /** Rows that no earlier slice had. */
  newRows: number
  /** How many of these cannot be read. */
  unreadable: number
}

const MAX_OVERLAP = 50
/** How many full slices without a new row are accepted in sequence: more rows than that are not inserted meanwhile. */
const MAX_REPEATS = 3
/** How often the walk may go back without a new row in between: a list does not lose so many rows so often. */
const MAX_RETURNS = 5

/**
 * Reads a list slice by slice, although rows move while it is read. New rows push others down, so that these come
 * twice, which is harmless. Removed rows pull others up, across the end of the last slice, so that they would be
 * skipped. Each slice therefore begins some rows before the end of the last one and must contain a known row. When it
 * does not, more rows were removed than the slices overlap, and it is read again from further back, if need be from the
 * beginning. Reading everything twice until nothing is new would work too, at twice the number of limited requests.
 *
 * @param size  how many rows to ask for; it shrinks when MightyCall returns fewer
 * @param ask   resolves with at most `most` rows from position `from` on, or from a little before it
 * @throws RestUnexpectedError  the list repeats the same rows for ever, so that it cannot be read in full
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
  let passed = 0 // rows up to there come again because the walk went back, which is not a repetition
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
    // MightyCall returns no more at once, and numbers its pages by that size
    if (ids.length < slice.size) most = Math.max(1, ids.length)
    from = Math.max(from + 1, start + ids.length - overlapOf(ids.length))
  }
}

/**
 * For lists that are read by page number: among the pages of every size up to `maxSize`, the one that contains the
 * position and reaches furthest. With pages of the largest size only, the position could be in the last rows of its
 * page, and the walk would not advance.
 */
export function pageAt(from: number, maxSize: number): { page: number; pageSize: number; start: number } {
  let [before, pageSize] = [Math.floor(from / maxSize), maxSize]
  for (let size = maxSize - 1; size > 0; size--) {
    const smallerBefore = Math.floor(from / size)
    if ((smallerBefore + 1) * size > (before + 1) * pageSize) [before, pageSize] = [smallerBefore, size]
  }
  return { page: before + 1, pageSize, start: before * pageSize }
}

/** A short slice is the last one, unless the total shows that MightyCall returns fewer rows than were asked for. */
function isEnd({ ids, start, size, total }: Slice, newRows: number): boolean {
  return ids.length < size && (total === null || start + ids.length >= total || newRows === 0)
}

/** At most half of the rows, so that the walk advances. */
function overlapOf(rows: number): number {
  return Math.min(MAX_OVERLAP, Math.ceil(rows / 20), rows >> 1)
}
