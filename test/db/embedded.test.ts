import { existsSync, mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import pg from 'pg'
import t from 'tap'
import { attachEmbeddedPostgres } from '../../src/db/embedded/attach.js'
import { postmasterOf } from '../../src/db/embedded/postmaster.js'
import { startRestartingServer } from '../../src/db/embedded/restarting-server.js'
import { type EmbeddedPostgres, startEmbeddedPostgres } from '../../src/db/embedded/server.js'
import { statement } from '../support/database.js'
import { eventually, isRunning } from '../support/eventually.js'
import { tempDir } from '../support/temp-dir.js'

const FAST = { fsync: 'off' }

t.test('one data folder through its life', async t => {
  const dataDir = path.join(tempDir(t), 'postgres')
  const start = async (settings = {}): Promise<EmbeddedPostgres> => {
    const server = await startEmbeddedPostgres({ dataDir, settings: { ...FAST, ...settings }, log: () => {} })
    t.teardown(server.stop)
    return server
  }

  await t.test('an empty folder becomes a database that only this account can open', async t => {
    const server = await start()
    await statement(server.url, 'create table kept (id int)')
    t.equal(statSync(`${dataDir}.password`).mode & 0o777, 0o600)
    t.equal(statSync(`${dataDir}.run`).mode & 0o777, 0o700)
    t.strictSame((await statement(server.url, 'show listen_addresses')).rows, [{ listen_addresses: '' }])
    await t.rejects(statement(server.url.replace(/:[0-9a-f]{48}@/, ':wrong@'), 'select 1'), { code: '28P01' })

    await t.rejects(
      startEmbeddedPostgres({ dataDir, log: () => {} }),
      { code: 'MCS_DATA_DIR', message: /in use by another running process/ },
      'a second owner is refused'
    )
    t.equal(await attachEmbeddedPostgres({ dataDir }), server.url, 'and may attach')
    await server.stop()
    t.strictSame(await server.exited, { code: 0, expected: true })
    t.equal(isRunning(server.pid), false)
    t.equal(await attachEmbeddedPostgres({ dataDir }), null)
  })

  await t.test('starts in spite of lock files with a process id that another program has by now', async t => {
    for (const file of [`${dataDir}/postmaster.pid`, `${dataDir}.run/.s.PGSQL.5432.lock`]) {
      writeFileSync(file, `${process.pid}\n${dataDir}\n1\n5432\n${dataDir}.run\n\n\nready\n`)
    }
    const server = await start()
    t.strictSame(
      (await statement(server.url, 'select count(*)::int from kept')).rows,
      [{ count: 0 }],
      'the data is kept'
    )
    await server.stop()
  })

  await t.test('a lost password is replaced', async () => {
    rmSync(`${dataDir}.password`)
    const server = await start()
    await statement(server.url, 'select 1')
    await server.stop()
  })

  await t.test('a password that does not match the data is refused, with a message that tells what to do', async t => {
    const kept = readFileSync(`${dataDir}.password`)
    writeFileSync(`${dataDir}.password`, 'wrong')
    await t.rejects(start(), { code: 'MCS_EMBEDDED_POSTGRES', message: /remove the file that ends in .password/ })
    writeFileSync(`${dataDir}.password`, kept)
  })

  await t.test('a setting that Postgres rejects is quoted in one line', async t => {
    await t.rejects(start({ wal_level: 'nonsense' }), {
      code: 'MCS_EMBEDDED_POSTGRES',
      message: new RegExp(
        '^embedded Postgres: .* ended while starting: ' +
          'FATAL: +invalid value for parameter "wal_level": "nonsense" \\(.*\\)$'
      )
    })
  })

  await t.test('a server that ends unexpectedly is reported as such', async t => {
    const server = await start()
    process.kill(server.pid, 'SIGKILL')
    t.match(await server.exited, { expected: false })
  })

  await t.test(
    'the server of another owner is used until it ends, and then started again whenever it ends',
    async t => {
      const other = await start()
      const problems: string[] = []
      const server = await startRestartingServer({ dataDir, log: () => {}, onDown: problem => problems.push(problem) })
      t.teardown(server.close)
      const pool = new pg.Pool(server.connection)
      t.teardown(() => pool.end())
      pool.on('error', () => {})
      const answers = () =>
        pool.query('select from kept').then(
          () => server.trouble() === null,
          () => false
        )
      t.equal(await server.url(), other.url)
      t.equal(await answers(), true)
      await other.stop()
      await eventually('it runs its own server', answers)
      t.strictSame(problems, [], 'a server that was stopped is no problem')
      process.kill(postmasterOf(dataDir)?.pid ?? 0, 'SIGKILL')
      await eventually('the end is noticed', () => server.trouble() !== null)
      await t.rejects(server.url(), { code: 'MCS_EMBEDDED_POSTGRES' })
      await eventually('it runs again', answers)
      t.strictSame(problems, ['embedded Postgres: the server has ended unexpectedly'])
    }
  )
})

const refusals: { name: string; prepare: (dir: string) => void; code: string; message: RegExp }[] = [
  {
    name: 'files that are not a database',
    prepare: dir => writeFileSync(path.join(dir, 'letter.txt'), 'dear'),
    code: 'MCS_DATA_DIR',
    message: /is not empty and contains no database: move its content away, or set DATA_DIR/
  },
  {
    name: 'an incomplete database',
    prepare: dir => writeFileSync(path.join(dir, 'PG_VERSION'), '18\n'),
    code: 'MCS_DATA_DIR',
    message: /contains an incomplete database: restore it, or move it away/
  },
  {
    name: 'the data of another major version',
    prepare: dir => writeClusterOf(dir, '9'),
    code: 'MCS_EMBEDDED_POSTGRES',
    message:
      /created by PostgreSQL 9, and only .*18\.\d+.* is available: install PostgreSQL 9, or dump and load the data/
  }
]

for (const { name, prepare, code, message } of refusals) {
  t.test(`refuses in one line, and changes nothing: ${name}`, async t => {
    const dataDir = path.join(tempDir(t), 'postgres')
    mkdirSync(dataDir)
    prepare(dataDir)
    const err = await startEmbeddedPostgres({ dataDir, log: () => {} }).catch(err => err)
    t.match(err, { code, message })
    t.notMatch(err.message, /\n/)
    t.equal(existsSync(`${dataDir}.password`), false)
  })
}

t.test('refuses a folder that cannot be created', async t => {
  const file = path.join(tempDir(t), 'file')
  writeFileSync(file, '')
  await t.rejects(startEmbeddedPostgres({ dataDir: path.join(file, 'postgres'), log: () => {} }), {
    code: 'MCS_DATA_DIR',
    message: /cannot be used \(.*\): make it writable, or set DATA_DIR/
  })
})

t.test('the remains of an initdb that was killed are replaced', async t => {
  const dataDir = path.join(tempDir(t), 'deep/postgres')
  mkdirSync(`${dataDir}.initdb`, { recursive: true })
  writeFileSync(path.join(`${dataDir}.initdb`, 'half'), '')
  const server = await startEmbeddedPostgres({ dataDir, database: 'other', settings: FAST, log: () => {} })
  t.strictSame((await statement(server.url, 'select current_database() as name')).rows, [{ name: 'other' }])
  await server.stop()
})

function writeClusterOf(dir: string, major: string): void {
  mkdirSync(path.join(dir, 'global'))
  writeFileSync(path.join(dir, 'global/pg_control'), '')
  writeFileSync(path.join(dir, 'PG_VERSION'), `${major}\n`)
}
