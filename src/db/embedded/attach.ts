import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { EmbeddedPostgresError } from '../../errors.js'
import { isOwned } from '../../lib/directory-lock.js'
import { accountForPostgres } from './account.js'
import { readPassword, urlOf } from './cluster.js'
import { placeOf } from './paths.js'

export interface AttachOptions {
  dataDir: string
  database?: string
}

const PATIENCE_MS = 60_000

/**
 * The address of the server that another running process of ours serves, or null when there is none.
 * Waits for one that is starting. It ends with its owner, not with us.
 */
export async function attachEmbeddedPostgres({
  dataDir,
  database = 'mightycall'
}: AttachOptions): Promise<string | null> {
  const place = placeOf(dataDir, accountForPostgres())
  for (const deadline = Date.now() + PATIENCE_MS; await isOwned(place.run); await sleep(100)) {
    const password = readPassword(place)
    const url = urlOf(place, password ?? '', database)
    if (password && (await answers(url))) return url
    if (Date.now() > deadline)
      throw new EmbeddedPostgresError('the server of the running service does not answer: see its log')
  }
  return null
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch {
    return false // starting, or its database is not made yet
  } finally {
    await client.end().catch(() => {})
  }
}
