import { randomUUID } from 'node:crypto'
import fs from 'node:fs/promises'
import path from 'node:path'
import { DataDirError } from '../../errors.js'
import { type Files, PRIVATE, syncDirectory } from './files.js'

/**
 * The log's own id: checkpoints belong to it, so a log that was begun anew is not taken for the old one.
 * @throws DataDirError  the directory holds no log yet
 */
export async function readLogId (dir: string): Promise<string> {
  const id = await fs.readFile(path.join(dir, 'id'), 'utf8').catch(() => '')
  if (id.trim() === '') throw new DataDirError(`there is no event log in ${dir}`)
  return id.trim()
}

/** Reads the id, or makes one that is whole or absent however the machine dies. */
export async function loadLogId (files: Files, dir: string): Promise<string> {
  return await readLogId(dir).catch(() => makeLogId(files, dir))
}

async function makeLogId (files: Files, dir: string): Promise<string> {
  const id = randomUUID()
  const fresh = path.join(dir, 'id.new')
  const bytes = Buffer.from(`${id}\n`)
  const file = await files.open(fresh, 'w', PRIVATE)
  try {
    await file.write(bytes, 0, bytes.length, 0)
    await file.sync()
  } finally {
    await file.close()
  }
  await fs.rename(fresh, path.join(dir, 'id'))
  await syncDirectory(files, dir)
  return id
}
