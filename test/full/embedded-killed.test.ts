import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { startEmbeddedPostgres } from '../../src/db/embedded/server.js'
import { startChild } from '../support/child.js'
import { statement } from '../support/database.js'
import { eventually, isRunning } from '../support/eventually.js'
import { tempDir } from '../support/temp-dir.js'

interface Owned {
  url: string
  pid: number
}

/**
 * A busy loop that takes lock 2 once all of its code has run. From then on it waits for nothing, so that it never
 * notices the end of its postmaster.
 */
const LOOP = `do $$ declare i int := 0; lock int := 1; begin loop
  i := (i + 1) % 100000;
  if i = 1000 and lock < 3 then perform pg_advisory_lock(lock); lock := lock + 1; end if;
end loop; end $$`

t.test('SIGKILL of the owner leaves no Postgres behind, and loses nothing that was committed', async t => {
  const dataDir = path.join(tempDir(t), 'postgres')
  const owner = await startChild(t, 'postgres-process', dataDir)
  const { url, pid } = JSON.parse(owner.line) as Owned // as postgres-process prints it
  await statement(url, 'create table kept as select 1 as id')
  const busy = statement(url, 'select pg_sleep(60)').then(
    () => 'done',
    () => 'cut'
  )
  await owner.kill()
  await eventually('Postgres is gone', () => !isRunning(pid))
  t.equal(await busy, 'cut')
  await opens(t, dataDir, [])
})

t.test(
  'a Postgres that outlived its owner and supervisor is ended before its data is opened again',
  { skip: process.platform !== 'linux' && 'needs /proc' },
  async t => {
    const dataDir = path.join(tempDir(t), 'postgres')
    const owner = await startChild(t, 'postgres-process', dataDir)
    const { url, pid } = JSON.parse(owner.line) as Owned // as postgres-process prints it
    await statement(url, 'create table kept as select 1 as id')
    for (const supervisor of supervisorsOf(pid)) process.kill(supervisor, 'SIGKILL')
    await owner.kill()
    t.equal(isRunning(pid), true, 'it is an orphan')
    await opens(t, dataDir, [`sent SIGINT to a Postgres that an earlier run left behind (${pid})`])
    t.equal(isRunning(pid), false)
  }
)

t.test(
  'backends that outlived their postmaster are ended too',
  { skip: process.platform !== 'linux' && 'needs /proc' },
  async t => {
    const dataDir = path.join(tempDir(t), 'postgres')
    const owner = await startChild(t, 'postgres-process', dataDir)
    const { url, pid } = JSON.parse(owner.line) as Owned // as postgres-process prints it
    await statement(url, 'create table kept as select 1 as id')
    const looping = statement(url, LOOP).catch(() => {})
    await eventually(
      'the loop runs',
      async () =>
        (await statement(url, "select 1 from pg_locks where locktype = 'advisory' and objid = 2")).rowCount === 1
    )
    for (const victim of [...supervisorsOf(pid), pid]) process.kill(victim, 'SIGKILL')
    await owner.kill()
    const logged = await opens(t, dataDir)
    t.match(logged, /^sent SIG(TERM|INT) to a Postgres that an earlier run left behind/)
    await looping
  }
)

/** Starts a server on the data, checks its table, and returns what was logged about signals. */
async function opens(
  t: { strictSame: (a: unknown, b: unknown) => boolean },
  dataDir: string,
  logged?: string[]
): Promise<string> {
  const lines: string[] = []
  const server = await startEmbeddedPostgres({
    dataDir,
    log: line => {
      if (line.startsWith('sent ')) lines.push(line)
    }
  })
  t.strictSame((await statement(server.url, 'select id from kept')).rows, [{ id: 1 }])
  if (logged) t.strictSame(lines, logged)
  await server.stop()
  return lines.join('\n')
}

/** The shell that supervises the server, and its other child, which waits for the end of the owner. */
function supervisorsOf(pid: number): number[] {
  const parent = parentOf(String(pid))
  const watches = readdirSync('/proc').filter(
    name => /^\d+$/.test(name) && Number(name) !== pid && parentOf(name) === parent
  )
  return [parent, ...watches.map(Number)]
}

function parentOf(pid: string): number {
  try {
    return Number(/\) \w (\d+)/.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1])
  } catch {
    return 0 // it has ended
  }
}
