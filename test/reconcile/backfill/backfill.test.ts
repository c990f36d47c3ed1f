import t from 'tap'
import { loadHours } from '../../../src/reconcile/gaps/hours.js'
import { BEGUN, backfilling, comparedWith, NOW, WHOLE } from '../../support/backfilling.js'

for (const nilGuids of [false, true])
  t.test(
    `of days without any webhook every call, voicemail and message is there at once, and the hours are known${nilGuids ? '; without ids in the journal too' : ''}`,
    async t => {
      const { mightyCall, pool, start, untilState, rows } = await backfilling(t, { nilGuids })
      const { backfills } = start()
      const {
        backfill: { id }
      } = await backfills.begin(WHOLE)
      const done = await untilState(backfills, id, 'done')
      const { found, wanted } = await comparedWith(mightyCall.truth(), rows)
      t.ok(wanted.calls.length > 50 && wanted.voicemails.length > 3 && wanted.messages.length > 10)
      t.strictSame(found, wanted)
      t.equal(
        (await rows('select from voicemail_logs where call_id is null')).length,
        0,
        'each voicemail knows its call'
      )
      t.equal((await rows('select from held_calls')).length, 0)
      t.strictSame(
        done.routes.map(({ route, readFrom }) => [route, readFrom]),
        [
          ['calls', BEGUN],
          ['voicemails', BEGUN],
          ['journal', BEGUN]
        ]
      )
      t.ok(done.routes.every(({ rows, requests }) => rows > 0 && requests > 0))
      t.strictSame(await rows('select from reconcile_cursors'), [], 'the poller goes on from where it was')
      const hours = await loadHours(pool, { accounts: ['default'], since: BEGUN, until: NOW, businessNumbers: null })
      t.strictSame([...new Set(hours.map(hour => hour.state))], ['complete'])
    }
  )
