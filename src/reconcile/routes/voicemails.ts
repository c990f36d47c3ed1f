import { troubleOf } from '../../mightycall/rest/trouble.js'
import { voicemails } from '../../mightycall/rest/routes/voicemails.js'
import { voicemailFinding } from '../findings/voicemails.js'
import type { Reader } from '../route-reader.js'
import { ask, listed, pageSizeOf, untilSecond } from './request.js'
import { type Portion, walk } from './paginate.js'

/** Those that were left in the interval. */
export const voicemailsReader: Reader = {
  route: 'voicemails',
  scopes: () => [null],
  async * read (context, { from, until }) {
    const portionAt = async (start: number, size: number) => {
      const answered = await ask(context, voicemails, { query: { startUtc: from, endUtc: untilSecond(until), skip: start, pageSize: size } })
      return { ...listed(answered.answer.voicemails, { list: 'voicemails', idOf: row => row.id }, answered, context), start, size, total: answered.answer.total ?? null }
    }
    for await (const { portion, fresh, unread } of walk(pageSizeOf(context), (start, size) => portionAt(start, size).catch(err => noneAt(start, size, err)))) {
      yield { findings: portion.rows.flatMap(([row, told]) => voicemailFinding(row, told) ?? []), unlinked: [], rows: fresh, unread }
    }
  }
}

/** No voicemail at all may be "Voicemail not found" (source: MightyCall API v4, Voicemails). */
function noneAt (start: number, size: number, err: unknown): Portion & { rows: [] } {
  if (troubleOf(err)?.kind !== 'not-found') throw err
  return { ids: [], unread: new Set(), start, size, total: null, rows: [] }
}
