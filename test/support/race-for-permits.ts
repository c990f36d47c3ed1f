// Started by tests as a process of its own: node race-for-permits.js DATABASE_URL BUDGET TIMES. Asks for so many
// permits at once, and prints what became of them.
import { pino } from 'pino'
import { createPool } from '../../src/db/open.js'
import { createQuotaLedger } from '../../src/mightycall/rest/quota/ledger.js'

const [url = '', budget = '0', times = '0'] = process.argv.slice(2)
const pool = createPool(url, 8, pino({ level: 'silent' }))
const ledger = createQuotaLedger(pool, Number(budget))
const tries = await Promise.all(
  Array.from({ length: Number(times) }, () =>
    ledger.take('key', 'action', new Date('2026-11-23T08:00:01Z')).then(
      () => 'granted',
      err => String(err.code)
    )
  )
)
console.log(
  JSON.stringify({
    granted: tries.filter(end => end === 'granted').length,
    refused: tries.filter(end => end === 'MCS_QUOTA').length
  })
)
process.stdin.resume()
