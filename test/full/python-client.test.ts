import { execFile } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { projectedCompany } from '../support/company.js'
import { START } from '../support/history.js'
import { ADMIN_API_KEY, queryApi } from '../support/query-api.js'
import { tempDir } from '../support/temp-dir.js'

const run = promisify(execFile)
const GENERATOR = 'openapi-python-client==0.29.1'

/** Reads the API through the generated client, and prints the results. */
const SCRIPT = `
import json, sys
from mcs_client import AuthenticatedClient, Client
from mcs_client.api.calls import get_call, list_calls
from mcs_client.api.statistics import get_call_statistics
from mcs_client.api.voicemails import list_voicemails
from mcs_client.models import Call, CallPage, CallStatisticsReport, Error, VoicemailPage

base_url, key = sys.argv[1:]
client = AuthenticatedClient(base_url=base_url, token=key)
calls = list_calls.sync(client=client, limit=3)
assert isinstance(calls, CallPage), calls
call = get_call.sync(calls.data[0].id, client=client)
assert isinstance(call, Call), call
assert call.started_at.tzinfo is not None
voicemails = list_voicemails.sync(client=client)
assert isinstance(voicemails, VoicemailPage), voicemails
statistics = get_call_statistics.sync(client=client, since="2026-11-23", until="2026-11-24")
assert isinstance(statistics, CallStatisticsReport), statistics
rejection = list_calls.sync_detailed(client=Client(base_url=base_url))
assert isinstance(rejection.parsed, Error), rejection
print(json.dumps({
    "calls": [call.id for call in calls.data],
    "legs": [leg.attempt for leg in call.legs],
    "voicemails": [voicemail.id for voicemail in voicemails.data],
    "inbound": statistics.totals[0].inbound,
    "status": rejection.status_code,
    "code": rejection.parsed.code,
}))
`

const hasPip = await run('python3', ['-c', 'import ensurepip, venv']).then(
  () => true,
  () => false
)

const NAME = 'a Python client generated from the OpenAPI document reads typed objects and a typed error'
t.test(NAME, { skip: hasPip ? false : 'needs python3 with venv and pip' }, async t => {
  const dir = tempDir(t)
  const venv = path.join(dir, 'venv')
  await run('python3', ['-m', 'venv', venv])
  await run(path.join(venv, 'bin/pip'), ['install', '--quiet', GENERATOR])
  const generated = await run(path.join(venv, 'bin/openapi-python-client'), [
    'generate',
    ...['--path', path.join(PROJECT_ROOT, 'docs/openapi.json')],
    ...['--output-path', path.join(dir, 'mcs_client')],
    ...['--meta', 'none']
  ])
  t.notMatch(generated.stdout + generated.stderr, /unsupported|omitted|WARNING parsing/i, 'every operation is usable')

  const { pool } = await projectedCompany(t)
  const { app, get } = await queryApi(t, pool, () => new Date(START + 48 * 3_600_000))
  const baseUrl = await app.listen({ port: 0, host: '127.0.0.1' })
  writeFileSync(path.join(dir, 'read.py'), SCRIPT)
  const { stdout } = await run(path.join(venv, 'bin/python'), ['read.py', baseUrl, ADMIN_API_KEY], { cwd: dir })

  const idsOf = async (url: string) => (await get(url)).json<{ data: { id: string }[] }>().data.map(({ id }) => id)
  const read = JSON.parse(stdout) as Record<string, unknown>
  t.match(read, { status: 401, code: 'MCS_UNAUTHORIZED', inbound: Number, legs: Array })
  t.strictSame(read.calls, await idsOf('/v1/calls?limit=3'))
  t.strictSame(read.voicemails, await idsOf('/v1/voicemails'))
})
