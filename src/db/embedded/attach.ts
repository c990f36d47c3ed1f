import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { EmbeddedPostgresError } from '../../errors.js'
import { isOwned } from '../../lib/directory-lock.js'
import { accountForPostgres } from './account.js'
import { DATABASE, readPassword, urlOf } from './cluster.js'
import { pathsOf } from './paths.js'

export interface AttachOptions {
  dataDir: string
  database?: string
  /** Ends the wait: `null` is returned then. */
  signal?: AbortSignal
}

const TIMEOUT_MS = 60_000

/**
 * The URL of the server that another process of this project runs on the same data folder, or null when there is none.
 * Waits for a server that is starting. The server ends with the process that owns it.
 */
export async function attachEmbeddedPostgres({
  dataDir,
  database = DATABASE,
  signal
}: AttachOptions): Promise<string | null> {
  const paths = pathsOf(dataDir, accountForPostgres())
  for (const deadline = performance.now() + TIMEOUT_MS; await isOwned(paths.run); await sleep(100)) {
    if (signal?.aborted) break
    const password = readPassword(paths)
    const url = urlOf(paths, password ?? '', database)
    if (password && (await isReachable(url))) return url
    if (performance.now() > deadline)
      throw new EmbeddedPostgresError('the server of the process that uses the data does not respond: see its log')
  }
  return null
}

async function isReachable(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url })
  client.on('error', () => {})
  try {
    await client.connect()
    return true
  } catch {
    return false // the server is starting, or its database does not exist yet
  } finally {
    await client.end().catch(() => {})
  }
}
