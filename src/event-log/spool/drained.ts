import fs from 'node:fs/promises'
import path from 'node:path'
import { PRIVATE } from '../local/files.js'
import type { LocalLog } from '../local/local-log.js'
import type { Offset } from '../port.js'

/** How far a spool is drained, kept beside its segments. */
export interface Drained {
  offset: () => Offset
  /** Not synced: a position that a power cut takes back only sends some records again. */
  move: (offset: Offset) => Promise<void>
}

/** A position that is unreadable, of another log or beyond this one's end counts for nothing: all that is there is sent again. */
export async function loadDrained (dir: string, queue: Pick<LocalLog, 'id' | 'end'>): Promise<Drained> {
  const id = await queue.id()
  const file = path.join(dir, 'drained')
  let offset = parse(await fs.readFile(file, 'utf8').catch(() => ''), id)
  if (offset > queue.end()) offset = 0n
  return {
    offset: () => offset,
    move: async to => {
      offset = to
      await fs.writeFile(`${file}.new`, `${id} ${to}\n`, { mode: PRIVATE })
      await fs.rename(`${file}.new`, file)
    }
  }
}

function parse (text: string, id: string): Offset {
  const [owner, digits = ''] = text.split(/[ \n]/)
  return owner === id && /^\d{1,16}$/.test(digits) && text.endsWith('\n') ? BigInt(digits) : 0n
}
