import t from 'tap'
import { projectBatch } from '../../src/project/batch/project-batch.js'
import { freshDatabase } from '../support/database.js'
import {
  BUSINESS_NUMBER,
  CLIENT_NUMBER,
  DOCUMENTED_API_KEY,
  DOCUMENTED_NOTIFICATIONS
} from '../support/documented-notifications.js'
import { startReceiver } from '../support/receiver.js'
import { SETTINGS } from '../support/settings.js'

t.test('drift counts names, types and values that contain a phone number or the key, without showing them', async t => {
  const { post, stored } = await startReceiver(t)
  const { pool } = await freshDatabase(t)
  const secrets = [
    DOCUMENTED_API_KEY,
    DOCUMENTED_API_KEY.toUpperCase(),
    BUSINESS_NUMBER,
    CLIENT_NUMBER,
    '(555) 937-1200',
    '5-5-5-9-3-7-1-2-0-0'
  ]
  for (const [i, secret] of secrets.entries()) {
    // distinct times, because the key is masked in upper case as well
    const started = { ...DOCUMENTED_NOTIFICATIONS[0], Timestamp: `2017-05-25T08:58:1${i}Z` }
    await post(JSON.stringify({ ...started, EventType: `About ${secret}`, [secret]: secret }))
    await post(
      JSON.stringify({
        ...started,
        Body: { ...DOCUMENTED_NOTIFICATIONS[0]?.Body, [`n${secret}`]: { [secret]: [secret] } }
      })
    )
  }
  await projectBatch(
    pool,
    { logId: 'log', group: 'g', topic: 'calls', partition: 0 },
    stored.map((record, i) => ({ ...record, partition: 0, offset: BigInt(i) })),
    { now: new Date(), settings: SETTINGS }
  )
  const { rows } = await pool.query<{ count: string }>('select * from drift')
  t.ok(rows.length > 3)
  t.equal(
    rows.reduce((sum, row) => sum + Number(row.count), 0),
    secrets.length * 3
  )
  const text = JSON.stringify(rows.map(row => ({ ...row, count: '', first_seen_at: '', last_seen_at: '' })))
  t.notMatch(text, /[1-9]|c9e3b/i)
})
