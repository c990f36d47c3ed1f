import { pino } from 'pino'
import t from 'tap'
import { HOUR_MS } from '../../../src/lib/instant.js'
import { createGapDetector } from '../../../src/reconcile/gaps/detect.js'
import { COMPANY_START, projectorOf } from '../../support/company.js'
import { freshDatabase } from '../../support/database.js'
import { lossyCompany } from '../../support/lossy-company.js'

t.test('repeated detections, each from the end of the last one, find every gap of every account', async t => {
  const { pool } = await freshDatabase(t)
  const companies = ['a', 'b'].map((account, i) => lossyCompany({ account, seed: 7 + i, calls: 60 }))
  const project = projectorOf(pool)
  const events = companies.flatMap(({ delivered, restFacts }) => [...delivered, ...restFacts])
  let at = COMPANY_START
  const detect = createGapDetector({
    pool,
    logger: pino({ level: 'silent' }),
    accounts: { all: () => [{ id: 'a' }, { id: 'b' }] },
    now: () => new Date(at)
  })
  const lastAt = Math.max(...events.map(event => Date.parse(event.receivedAt)))
  while (at < lastAt + 2 * HOUR_MS) {
    const from = at
    at += HOUR_MS / 2
    const fresh = events.filter(
      ({ receivedAt }) => Date.parse(receivedAt) <= at && (from === COMPANY_START || Date.parse(receivedAt) > from)
    )
    await project(fresh)
    await detect()
  }
  const { rows } = await pool.query<{ account: string; entity: string; missing: string }>(
    "select account, entity, missing from gaps where kind = 'call'"
  )
  for (const {
    truth: { account },
    missing
  } of companies) {
    const own = rows.filter(row => row.account === account).map(({ entity, missing }) => `${entity} ${missing}`)
    t.strictSame(own.sort(), [...missing].map(([entity, missing]) => `${entity} ${missing}`).sort())
  }
})
