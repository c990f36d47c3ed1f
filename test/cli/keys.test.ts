import t from 'tap'
import { freshDatabase } from '../support/database.js'
import { NOW } from '../support/projection.js'
import { queryApi } from '../support/query-api.js'
import { runCommand } from '../support/service.js'

t.test('a key is created, listed and revoked by commands, and works in the API', async t => {
  const { pool, url: DATABASE_URL } = await freshDatabase(t)
  const { get } = await queryApi(t, pool, () => NOW)
  const run = (...args: string[]) => runCommand(['keys', ...args], { DATABASE_URL })

  const made = await run(
    'create',
    '--role',
    'viewer',
    '--account',
    'default',
    '--label',
    'wallboard',
    '--expires',
    '2126-01-31'
  )
  t.match(made, {
    code: 0,
    stdout: /^mcs_[\w-]{43}\n$/,
    stderr: /^created [0-9a-f-]{36} viewer of default "wallboard", expires 2126-01-31T00:00:00.000Z, never used\n$/
  })
  const [id = ''] = /[0-9a-f-]{36}/.exec(made.stderr) ?? []
  t.equal((await get('/v1/calls', made.stdout.trim())).statusCode, 200)
  const list = await run('list', '--json')
  t.match(JSON.parse(list.stdout), { id, role: 'viewer', account: 'default', createdBy: 'command line' })
  t.notMatch(list.stdout, made.stdout.trim())
  t.match(await run('revoke', id), { code: 0, stdout: /^revoked .*"wallboard", revoked / })
  t.equal((await get('/v1/calls', made.stdout.trim())).statusCode, 401)
  t.match((await get('/v1/audit')).json(), {
    data: [{ action: 'key.revoked', actor: 'command line', subject: id }, { action: 'key.created' }]
  })
})

t.test('invalid key commands print one line', async t => {
  const { url: DATABASE_URL } = await freshDatabase(t)
  t.match(await runCommand(['keys', 'create', '--role', 'boss', '--label', 'x'], {}), {
    code: 1,
    stderr: /platform_admin, org_admin, viewer/
  })
  for (const expiry of ['soon', '2027-02-29', '9999-12-31T23:59:59-23:59'])
    t.match(
      await runCommand(['keys', 'create', '--role', 'viewer', '--label', 'x', '--expires', expiry], {}),
      { code: 1, stderr: /2027-01-31/ },
      expiry
    )
  t.match(await runCommand(['keys', 'revoke', 'x'], {}), { code: 1, stderr: /UUID/ })
  t.match(await runCommand(['keys', 'create', '--role', 'org_admin', '--label', 'x'], { DATABASE_URL }), {
    code: 1,
    stderr: 'organization must be given for the role org_admin [MCS_INVALID_PARAMETER]\n'
  })
  t.match(await runCommand(['keys', 'revoke', '00000000-0000-4000-8000-000000000000'], { DATABASE_URL }), {
    code: 1,
    stderr: 'there is no such key [MCS_NOT_FOUND]\n'
  })
})
