import { readFileSync, truncateSync, writeFileSync } from 'node:fs'
import t, { type Test } from 'tap'
import { readBackup } from '../../src/backup/read-backup.js'
import { restoreBackup } from '../../src/backup/restore-backup.js'
import { backUp, databaseWithAllTables, rewriteBackup } from '../support/backups.js'
import { freshDatabase } from '../support/database.js'

const PLACES = 40

async function backup(t: Test) {
  const { pool } = await databaseWithAllTables(t, { calls: 10 })
  const file = await backUp(t, pool)
  return { file, bytes: readFileSync(file) }
}

t.test('a byte that is flipped anywhere is noticed', async t => {
  const { file, bytes } = await backup(t)
  for (let i = 0; i < PLACES; i++) {
    const at = 10 + Math.floor(((bytes.length - 11) * i) / (PLACES - 1)) // behind gzip's own header, which holds nothing of the backup
    const flipped = Buffer.from(bytes)
    flipped.writeUInt8(flipped.readUInt8(at) ^ 0x10, at)
    writeFileSync(file, flipped)
    await t.rejects(readBackup({ file }), { code: 'MCS_BACKUP_DAMAGED' }, `byte ${at} of ${bytes.length}`)
  }
})

t.test('a file that was cut anywhere is noticed', async t => {
  const { file, bytes } = await backup(t)
  for (let i = PLACES - 1; i >= 0; i--) {
    truncateSync(file, Math.floor(((bytes.length - 1) * i) / (PLACES - 1)))
    await t.rejects(readBackup({ file }), { code: 'MCS_BACKUP_DAMAGED' }, `${i} of ${PLACES - 1} parts`)
  }
})

const swapped = (lines: string[], from: RegExp, to: string) => lines.map(line => line.replace(from, to))

/** Each with a digest that is right. */
const FORGED: { name: string; change: (lines: string[]) => string[]; says: RegExp }[] = [
  { name: 'a row is missing', change: lines => lines.toSpliced(5, 1), says: /rows are missing/ },
  {
    name: 'a row is there twice',
    change: lines => lines.toSpliced(5, 0, lines[5] ?? ''),
    says: /more rows than its header says/
  },
  { name: 'a line is not a row', change: lines => lines.toSpliced(5, 1, 'hello'), says: /is not a row/ },
  { name: 'a line follows the end', change: lines => [...lines, lines.at(-1) ?? ''], says: /digest|follows its end/ },
  { name: 'no end', change: lines => lines.slice(0, -1), says: /ends too early|more rows/ },
  {
    name: 'an unknown table',
    change: lines => swapped(lines, /"name":"events"/, '"name":"pg_authid"'),
    says: /a table or a column that does not exist/
  },
  {
    name: 'an unknown column',
    change: lines => swapped(lines, /"columns":\["account"/, '"columns":["account) select 1; --"'),
    says: /a table or a column that does not exist/
  },
  {
    name: 'another format',
    change: lines => swapped(lines, /"format":1/, '"format":2'),
    says: /format 2 belongs to another version/
  },
  {
    name: 'a later schema',
    change: lines => swapped(lines, /"migration":"\w+"/, '"migration":"9999_later"'),
    says: /later version/
  },
  {
    name: 'another file',
    change: () => ['{"log":"something else"}', ''],
    says: /does not begin with the header of a backup/
  }
]

for (const { name, change, says } of FORGED) {
  t.test(`refuses: ${name}`, async t => {
    const { file } = await backup(t)
    rewriteBackup(file, change)
    await t.rejects(readBackup({ file }), { code: 'MCS_BACKUP_DAMAGED', message: says })
  })
}

t.test('what is no backup, or not there, is said in one line', async t => {
  const { file } = await backup(t)
  writeFileSync(file, 'hello')
  await t.rejects(readBackup({ file }), { code: 'MCS_BACKUP_DAMAGED', message: /cannot be decompressed/ })
  await t.rejects(readBackup({ file: `${file}.none` }), {
    code: 'MCS_BACKUP_FILE',
    message: /cannot be read \(ENOENT\)/
  })
})

t.test('of a file that is damaged after it was checked nothing is restored', async t => {
  const { file, bytes } = await backup(t)
  const { pool } = await freshDatabase(t)
  const tables = async () =>
    (
      await pool.query(
        'select (select count(*) from events) + (select count(*) from checkpoints) + (select count(*) from entities) as rows'
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
