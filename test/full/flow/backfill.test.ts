import t from 'tap'
import { compareWithTruth } from '../../support/backfill.js'
import { eventually } from '../../support/eventually.js'
import { startInstalledCompany } from '../../support/installed-company.js'
import { runCommand } from '../../support/service.js'

t.test('a service that is killed during a backfill resumes it at its next start, without duplicates', async t => {
  const { mightyCall, rows, environment, since, start } = await startInstalledCompany(t)
  // one chunk is complete; the calls and voicemails of the next were read, but its progress was not saved
  const before = await start({ MCS_CRASH_AT: 'between-chunk-and-progress:3' })
  const response = await fetch(`${before.url}/v1/backfills`, {
    method: 'POST',
    headers: { authorization: `Bearer ${before.adminKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({ since })
  })
  t.equal(response.status, 200)
  await eventually('the service was killed', () => before.child.signalCode !== null, 30_000)
  t.match(await rows('select state from backfills'), [{ state: 'running' }])

  const after = await start()
  await eventually(
    'the backfill is done',
    async () => (await rows("select from backfills where state = 'done'")).length === 1,
    30_000
  )
  const { found, expected } = await compareWithTruth(mightyCall.truth(), rows)
  t.strictSame(found, expected)
  t.strictSame(
    await rows(
      `select entity from events where type in ('call.reported', 'voicemail.reported', 'message.reported')
         group by account, kind, entity, fields->>'route' having count(*) > 1`
    ),
    []
  )
  t.match(
    await runCommand(['backfill', '--url', after.url, '--since', since], environment),
    { code: 0, stdout: /^begun: acme, .*\ndone: 4 days, \d+ rows, \d+ requests\n$/ },
    'the command runs it again'
  )
})
