import { calls } from '../../mightycall/rest/routes/calls.js'
import { callFinding } from '../findings/calls.js'
import type { Reader } from '../route-reader.js'
import { ask, listed, pageSizeOf, untilSecond } from './request.js'
import { walk } from './paginate.js'

/** Those that began in the interval, once they have ended. */
export const callsReader: Reader = {
  route: 'calls',
  scopes: () => [null],
  async * read (context, { from, until }) {
    const portionAt = async (start: number, size: number) => {
      const answered = await ask(context, calls, { query: { startUtc: from, endUtc: untilSecond(until), skip: start, pageSize: size } })
      return { ...listed(answered.answer.calls, { list: 'calls', idOf: row => row.id }, answered, context), start, size, total: answered.answer.total ?? null }
    }
    for await (const { portion, fresh, unread } of walk(pageSizeOf(context), portionAt)) yield { findings: portion.rows.flatMap(([row, told]) => callFinding(row, told) ?? []), unlinked: [], rows: fresh, unread }
  }
}
