import t from 'tap'
import { compareWithTruth } from '../support/backfill.js'
import { eventually } from '../support/eventually.js'
import { startInstalledCompany } from '../support/installed-company.js'
import { runCommand } from '../support/service.js'

t.test(
  'a service that is killed in the middle of a backfill goes on with it by itself, and doubles nothing',
  async t => {
    const { mightyCall, rows, environment, since, start } = await startInstalledCompany(t)
    // a chunk was read, and of the next its calls and voicemails, which is not noted
    const before = await start({ MCS_CRASH_AT: 'between-chunk-and-progress:3' })
    const asked = await fetch(`${before.url}/v1/backfills`, {
      method: 'POST',
      headers: { authorization: `Bearer ${before.adminKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({ since })
    })
    t.equal(asked.status, 200)
    await eventually('it was killed', () => before.child.signalCode !== null, 30_000)
    t.match(await rows('select state from backfills'), [{ state: 'running' }])

    const after = await start()
    await eventually(
      'it is done',
      async () => (await rows("select from backfills where state = 'done'")).length === 1,
      30_000
    )
    const { found, expected } = await compareWithTruth(mightyCall.truth(), rows)
    t.strictSame(found, expected)
    t.strictSame(
      await rows(
        "select entity from events where type in ('call.reported', 'voicemail.reported', 'message.reported') group by account, kind, entity, fields->>'route' having count(*) > 1"
      ),
      []
    )
    t.match(
      await runCommand(['backfill', '--url', after.url, '--since', since], environment),
      { code: 0, stdout: /^begun: acme, .*\ndone: 4 days, \d+ rows, \d+ requests\n$/ },
      'and again, by the command'
    )
  }
)
