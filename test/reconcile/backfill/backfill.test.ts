import t from 'tap'
import { loadHours } from '../../../src/reconcile/gaps/hours.js'
import { COMPANY_BEGAN_AT, compareWithTruth, NOW, setUpBackfill, WHOLE_PERIOD } from '../../support/backfill.js'

for (const nilGuids of [false, true])
  t.test(
    `a backfill finds every call, voicemail and message${nilGuids ? ' without GUIDs in the journal' : ''}`,
    async t => {
      const { mightyCall, pool, start, untilState, rows } = await setUpBackfill(t, { nilGuids })
      const { backfills } = start()
      const {
        backfill: { id }
      } = await backfills.begin(WHOLE_PERIOD)
      const done = await untilState(backfills, id, { state: 'done' })
      const { found, expected } = await compareWithTruth(mightyCall.truth(), rows)
      t.ok(expected.calls.length > 50 && expected.voicemails.length > 3 && expected.messages.length > 10)
      t.strictSame(found, expected)
      t.equal(
        (await rows('select from voicemail_logs where call_id is null')).length,
        0,
        'each voicemail is linked to its call'
      )
      t.equal((await rows('select from held_calls')).length, 0)
      t.strictSame(
        done.routes.map(({ route, readFrom }) => [route, readFrom]),
        [
          ['calls', COMPANY_BEGAN_AT],
          ['voicemails', COMPANY_BEGAN_AT],
          ['journal', COMPANY_BEGAN_AT]
        ]
      )
      t.ok(done.routes.every(({ rows, requests }) => rows > 0 && requests > 0))
      t.strictSame(await rows('select from reconcile_cursors'), [], 'the cursors of the poller are not moved')
      const hours = await loadHours(pool, {
        accounts: ['default'],
        since: COMPANY_BEGAN_AT,
        until: NOW,
        businessNumbers: null,
        settlesAfterMs: 0
      })
      t.strictSame([...new Set(hours.map(hour => hour.state))], ['complete'])
    }
  )
