import { DamagedBackupError } from '../errors.js'

/** Far more than the widest row, and still a string. */
const LONGEST_LINE = 256 * 1024 * 1024

/**
 * The lines of a stream of UTF-8, without their ends.
 * @throws DamagedBackupError  the last one has no end, or one has none for too long
 */
export async function * linesIn (stream: AsyncIterable<Buffer>): AsyncGenerator<string> {
  let parts: Buffer[] = []
  let length = 0
  for await (const chunk of stream) {
    let from = 0
    for (let end = chunk.indexOf(10); end >= 0; end = chunk.indexOf(10, from)) {
      parts.push(chunk.subarray(from, end))
      yield Buffer.concat(parts).toString()
      parts = []
      length = 0
      from = end + 1
    }
    parts.push(chunk.subarray(from))
    length += chunk.length - from
    if (length > LONGEST_LINE) throw new DamagedBackupError('a line of it has no end')
  }
  if (length > 0) throw new DamagedBackupError('it ends too early')
}
