// Started by tests in a child process: node request-permits.js DATABASE_URL BUDGET TIMES. Requests TIMES permits at
// once and prints how many were granted and refused.
import pg from 'pg'
import { createQuotaLedger } from '../../src/mightycall/rest/quota/ledger.js'

const [url = '', budget = '0', times = '0'] = process.argv.slice(2)
// without the connection timeout of the service: on a busy machine the last waiting request would exceed it
const pool = new pg.Pool({ connectionString: url, max: 8 })
const ledger = createQuotaLedger(pool, Number(budget))
const results = await Promise.all(
  Array.from({ length: Number(times) }, () =>
    ledger.take('key', 'action', new Date('2026-11-23T08:00:01Z')).then(
      () => 'granted',
      err => String(err.code)
    )
  )
)
console.log(
  JSON.stringify({
    granted: results.filter(result => result === 'granted').length,
    refused: results.filter(result => result === 'MCS_QUOTA').length
  })
)
process.stdin.resume()
