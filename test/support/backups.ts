import { createHash } from 'node:crypto'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gunzipSync, gzipSync } from 'node:zlib'
import type pg from 'pg'
import type { Test } from 'tap'
import { restoreBackup } from '../../src/backup/restore-backup.js'
import { KEPT_TABLES, REBUILT_TABLES } from '../../src/backup/tables.js'
import { writeBackup } from '../../src/backup/write-backup.js'
import { rebuild } from '../../src/project/rebuild/rebuild.js'
import { projectedCompany } from './company.js'
import { freshDatabase } from './database.js'
import { FOREIGN_RECORD, insertUndecodableLetters } from './dead-letters.js'
import { NOW, PARTITION_KEY } from './projection.js'
import { SETTINGS } from './settings.js'
import { tempDir } from './temp-dir.js'

/** Creates a database with rows in every table that a backup contains. */
export async function databaseWithAllTables(t: Test, { calls = 60 } = {}) {
  const company = await projectedCompany(t, { calls })
  const { pool } = company
  await insertUndecodableLetters(pool, [
    FOREIGN_RECORD,
    { ...FOREIGN_RECORD, value: Buffer.from([0xff, 0, 0x0a]) },
    { key: null, value: null, headers: {} } as unknown as typeof FOREIGN_RECORD // a tombstone has neither key nor value
  ])
  await pool.query(
    `insert into dead_letter_actions (letter_id, action, acted_by, reason, acted_at)
     values (2, 'discarded', 'a test', 'quotes " and \\ and\nlines', $1)`,
    [NOW]
  )
  await pool.query(
    `insert into holes (log_id, consumer_group, topic, partition, reason, checkpoint_offset, detected_at)
     values ('log', 'g', 'calls', 0, 'gap', 9007199254740993, $1)`,
    [NOW]
  )
  await pool.query("insert into drift values ('default', 'IncomingCall', 'Queue', 9007199254740993, 'xxx', $1, $1)", [
    NOW
  ])
  await pool.query(
    `insert into projector_stops
       (consumer_group, log_id, topic, partition, last_offset, records, failed, code, stopped_at)
     values ($1, $2, $3, 0, 5, 100, 30, $4, $5)`,
    [PARTITION_KEY.group, PARTITION_KEY.logId, PARTITION_KEY.topic, '23514', NOW]
  )
  await pool.query(
    "insert into gaps values ('default', 'call', 'c', '+15550100001', $1, 'completion', $1, $1, 'rest')",
    [NOW]
  )
  await pool.query("insert into held_calls values ('default', 'c', $1, $1, null, null, '[{\"callId\": \"c\"}]')", [NOW])
  await pool.query("insert into event_copies values ('default', '5b4c1f0e-7d0b-4b0e-9a54-a2b9c3f6d871', $1)", [NOW])
  await fillAccess(pool)
  return company
}

async function fillAccess(pool: pg.Pool): Promise<void> {
  const organization = '0b0f6d1e-4a3c-4c8e-9d57-6f2f6a6f8a11'
  await pool.query("insert into organizations values ($1, 'default', 'Grün \"&\" Co', $2)", [organization, NOW])
  await pool.query("insert into number_ownerships values ('default', '+15550100001', $2, null, $1)", [
    organization,
    NOW
  ])
  await pool.query(
    `insert into api_keys values ('5d6c0c1c-95bb-4e0f-8a0e-3c2fb9f2b7a4', $2, 'wall', 'viewer', 'default', $1, $3,
       'admin', null, null, null)`,
    [organization, Buffer.alloc(32, 0xfe), NOW]
  )
  await pool.query(
    `insert into audit_log (at, actor, action, subject, details)
     values ($1, 'admin', 'key.created', 'k', '{"label": "wall"}')`,
    [NOW]
  )
  await pool.query("insert into settings values ('default', 'timeZone', '\"Europe/Berlin\"', $1, 'admin')", [NOW])
}

/** Writes a backup of the database and returns its path. */
export async function backUp(t: Test, pool: pg.Pool): Promise<string> {
  const file = path.join(tempDir(t), 'backup.ndjson.gz')
  await writeBackup({ pool, file, force: false, now: NOW })
  return file
}

/** Restores a backup into a new database and rebuilds the read models. */
export async function restoreAndRebuild(t: Test, file: string) {
  const { pool, url } = await freshDatabase(t)
  await restoreBackup({ pool, file })
  await rebuild({ pool, settings: SETTINGS, now: () => NOW, dryRun: false })
  return { pool, url }
}

/** Returns every row of every table except the progress of rebuilds. */
export async function allRows(pool: pg.Pool): Promise<Map<string, string[]>> {
  const rows = new Map<string, string[]>()
  for (const name of [...KEPT_TABLES.map(table => table.name), ...REBUILT_TABLES]) {
    if (name !== 'rebuilds')
      rows.set(
        name,
        (await pool.query<{ row: string }>(`select row_to_json(t)::text as row from ${name} t order by 1`)).rows.map(
          ({ row }) => row
        )
      )
  }
  return rows
}

/** Changes the lines of a backup and corrects its digest, so that another check has to detect the change. */
export function rewriteBackup(file: string, change: (lines: string[]) => string[]): void {
  const lines = gunzipSync(readFileSync(file)).toString().trimEnd().split('\n')
  const changed = change(lines)
  const body = changed
    .slice(0, -1)
    .map(line => `${line}\n`)
    .join('')
  const trailer = (changed.at(-1) ?? '').replace(
    /"sha256":"[0-9a-f]{64}"/,
    `"sha256":"${createHash('sha256').update(body).digest('hex')}"`
  )
  writeFileSync(file, gzipSync(`${body}${trailer}\n`))
}
