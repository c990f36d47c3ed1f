import t from 'tap'
import type { Event } from '../../src/events/event.js'
import { randomId } from '../../src/events/identity.js'
import { decodeRecord } from '../../src/events/record.js'
import { HOUR_MS } from '../../src/lib/instant.js'
import { createPageAcceptor } from '../../src/reconcile/accept-page.js'
import { detectGaps } from '../../src/reconcile/gaps/detect.js'
import { loadHours } from '../../src/reconcile/gaps/hours.js'
import { callLookBacks, dueLookBack, recordLookBack, settlesAfterMs } from '../../src/reconcile/look-back.js'
import { rangeFact, readRoute } from '../../src/reconcile/read-route.js'
import { callsReader } from '../../src/reconcile/routes/calls.js'
import { COMPANY_START, projectorOf } from '../support/company.js'
import { json, type Reply } from '../support/mightycall-api.js'
import { atMinute, webhookEventsOf } from '../support/reported-calls.js'
import { setUpReaders } from '../support/route-readers.js'

const LONGEST_CALL_MS = 12 * HOUR_MS
const MINUTE_MS = 60_000
const LISTED_AFTER_MS = 2 * MINUTE_MS

interface ListedCall {
  id: string
  n: number
  from: number
  minutes: number
}

/** Lists calls as MightyCall does: by their start, newest first, and only some time after their end. */
const listReply =
  (calls: readonly ListedCall[], now: () => Date): Reply =>
  (response, request) => {
    const query = new URLSearchParams(request.query)
    const [since, until] = ['startUtc', 'endUtc'].map(name => Date.parse(`${query.get(name)}Z`)) as [number, number]
    const rows = calls
      .map(call => ({ ...call, startedAt: atMinute(call.from).getTime(), ms: call.minutes * MINUTE_MS }))
      .filter(({ startedAt }) => startedAt >= since && startedAt <= until)
      .filter(({ startedAt, ms }) => startedAt + ms + LISTED_AFTER_MS <= now().getTime())
      .sort((a, b) => b.startedAt - a.startedAt)
      .map(({ id, n, startedAt, ms }) => ({
        id,
        direction: 'Incoming',
        caller: { phone: `+1555937${String(n).padStart(4, '0')}` },
        called: [{ extension: '101', isConnected: true, isFirstConnected: true }],
        businessNumber: '+15550100001',
        dateTimeUtc: new Date(startedAt).toISOString(),
        duration: String(ms),
        callStatus: 'Connected'
      }))
    json({ data: { calls: rows, total: rows.length }, isSuccess: true })(response, request)
  }

for (const minutes of [74, 180, 700])
  t.test(
    `calls of ${minutes} minutes without webhooks, or without their end, appear before their hour is complete`,
    async t => {
      const { context, pool, replies, clock, seen } = await setUpReaders(t)
      const calls = [
        { id: 'unheard', n: 1, from: 10, minutes },
        { id: 'endless', n: 2, from: 20, minutes }
      ]
      replies['GET /api/calls'] = listReply(calls, () => clock.now)
      const account = context.account.id
      const project = projectorOf(pool)
      const append = createPageAcceptor({
        pool,
        log: { append: async records => project(records.map(record => decodeRecord(record))) },
        now: () => clock.now
      })
      const lookBacks = callLookBacks(LONGEST_CALL_MS)
      const lookedBackAt = new Map<number, Date>()
      const span = { accounts: [account], since: atMinute(0), until: atMinute(60), businessNumbers: null }
      const hour = async () => {
        const rows = await loadHours(pool, { ...span, settlesAfterMs: settlesAfterMs(LONGEST_CALL_MS) })
        return [...new Set(rows.map(({ state }) => state))]
      }
      const ended = async () =>
        (
          await pool.query<{ id: string }>("select call_id as id from call_history where state = 'ended' order by 1")
        ).rows
          .map(({ id }) => id)
          .join()
      const states: string[] = []
      const [started] = webhookEventsOf('endless', 2, 20)
      if (!started) throw new Error('expected an event')
      await project([{ ...started, account } as Event])

      for (let minute = 60; minute <= 60 + 16 * 60; minute += 30) {
        clock.now = atMinute(minute)
        const lookBack = dueLookBack(lookBacks, lookedBackAt, clock.now)
        const { from } = await readRoute(
          { pool, append },
          { reader: callsReader, context, scope: null, ...(lookBack && { overlapMs: lookBack.byMs }) }
        )
        if (lookBack) recordLookBack(lookBacks, lookedBackAt, { byMs: lookBack.byMs, at: clock.now })
        for (const route of ['voicemails', 'journal']) {
          const range = { route, scope: null, interval: { from, until: clock.now }, count: 0 }
          await project([{ ...rangeFact(range, { account: context.account, at: clock.now }), id: randomId() }])
        }
        await detectGaps(pool, { account, now: clock.now, since: new Date(COMPANY_START) })
        const [state = ''] = await hour()
        if (state === 'complete') t.equal(await ended(), 'endless,unheard', `minute ${minute}`)
        if (state !== states.at(-1)) states.push(state)
      }
      t.equal(await ended(), 'endless,unheard')
      t.equal(states.at(-1), 'complete')
      t.equal(states[0], 'settling')
      t.equal(seen.filter(({ route }) => route === 'GET /api/calls').length, 33, 'each reading takes one request')
      t.equal((await pool.query('select from gaps where healed_at is null')).rowCount, 0)
    }
  )
