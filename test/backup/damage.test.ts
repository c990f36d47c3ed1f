import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { readBackup } from '../../src/backup/read-backup.js'
import { restoreBackup } from '../../src/backup/restore-backup.js'
import { backUp, databaseWithAllTables, rewriteBackup } from '../support/backups.js'
import { freshDatabase } from '../support/database.js'

const POSITIONS = 40

async function backup(t: Test) {
  const { pool } = await databaseWithAllTables(t, { calls: 10 })
  const file = await backUp(t, pool)
  return { file, bytes: readFileSync(file) }
}

t.test('a flipped bit at any position is detected', async t => {
  const { file, bytes } = await backup(t)
  for (let i = 0; i < POSITIONS; i++) {
    const at = 10 + Math.floor(((bytes.length - 11) * i) / (POSITIONS - 1))
    // after the gzip header, which contains nothing of the backup
    const flipped = Buffer.from(bytes)
    flipped.writeUInt8(flipped.readUInt8(at) ^ 0x10, at)
    writeFileSync(file, flipped)
    await t.rejects(readBackup({ file }), { code: 'MCS_BACKUP_DAMAGED' }, `byte ${at} of ${bytes.length}`)
  }
})

t.test('a file truncated at any position is detected', async t => {
  const { file, bytes } = await backup(t)
  for (let i = POSITIONS - 1; i >= 0; i--) {
    truncateSync(file, Math.floor(((bytes.length - 1) * i) / (POSITIONS - 1)))
    await t.rejects(readBackup({ file }), { code: 'MCS_BACKUP_DAMAGED' }, `${i} of ${POSITIONS - 1} parts`)
  }
})

const swapped = (lines: string[], from: RegExp, to: string) => lines.map(line => line.replace(from, to))

/** Damages under a correct digest. */
const FORGED: { name: string; change: (lines: string[]) => string[]; message: RegExp }[] = [
  { name: 'a row is missing', change: lines => lines.toSpliced(5, 1), message: /rows are missing/ },
  {
    name: 'a row is duplicated',
    change: lines => lines.toSpliced(5, 0, lines[5] ?? ''),
    message: /more rows than its header says/
  },
  { name: 'a line is not a row', change: lines => lines.toSpliced(5, 1, 'hello'), message: /is not a row/ },
  {
    name: 'a line follows the end',
    change: lines => [...lines, lines.at(-1) ?? ''],
    message: /digest|follows its end/
  },
  { name: 'the trailer is missing', change: lines => lines.slice(0, -1), message: /ends too early|more rows/ },
  {
    name: 'an unknown table',
    change: lines => swapped(lines, /"name":"events"/, '"name":"pg_authid"'),
    message: /a table or a column that does not exist/
  },
  {
    name: 'an unknown column',
    change: lines => swapped(lines, /"columns":\["account"/, '"columns":["account) select 1; --"'),
    message: /a table or a column that does not exist/
  },
  {
    name: 'another format',
    change: lines => swapped(lines, /"format":1/, '"format":2'),
    message: /format 2 belongs to another version/
  },
  {
    name: 'a later schema',
    change: lines => swapped(lines, /"migration":"\w+"/, '"migration":"9999_later"'),
    message: /later version/
  },
  {
    name: 'another file',
    change: () => ['{"log":"something else"}', ''],
    message: /does not begin with the header of a backup/
  }
]

for (const { name, change, message } of FORGED) {
  t.test(`a backup is rejected: ${name}`, async t => {
    const { file } = await backup(t)
    rewriteBackup(file, change)
    await t.rejects(readBackup({ file }), { code: 'MCS_BACKUP_DAMAGED', message })
  })
}

t.test('a file that is missing or not a backup is reported', async t => {
  const { file } = await backup(t)
  writeFileSync(file, 'hello')
  await t.rejects(readBackup({ file }), { code: 'MCS_BACKUP_DAMAGED', message: /cannot be decompressed/ })
  await t.rejects(readBackup({ file: `${file}.none` }), {
    code: 'MCS_BACKUP_FILE',
    message: /cannot be read \(ENOENT\)/
  })
})

t.test('nothing is restored from a damaged file, even when the damage is found during the restore', async t => {
  const { file, bytes } = await backup(t)
  const { pool } = await freshDatabase(t)
  const tables = async () =>
    (
      await pool.query(
        `select (select count(*) from events) + (select count(*) from checkpoints) + (select count(*) from entities)
           as rows`
      )
    ).rows
  writeFileSync(file, bytes.subarray(0, bytes.length - 20))
  await t.rejects(restoreBackup({ pool, file }), { code: 'MCS_BACKUP_DAMAGED' })
  t.match(await tables(), [{ rows: '0' }])
  writeFileSync(file, bytes)
  rewriteBackup(file, lines =>
    swapped(lines, /"received_at":"[^"]*"/, '"received_at":"yesterday at noon, +15559371200"')
  )
  const err = await restoreBackup({ pool, file }).catch(err => err)
  t.match(err, { code: 'MCS_BACKUP_DAMAGED', message: /Postgres refuses one of its rows/ })
  t.notMatch(err.message, /5559371200/)
  t.match(await tables(), [{ rows: '0' }])
})
