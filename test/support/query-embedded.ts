import path from 'node:path'
import pg from 'pg'
import { attachEmbeddedPostgres } from '../../src/db/embedded/attach.js'

/** Runs a statement in the embedded Postgres of a running service and returns the rows. */
export async function queryEmbedded<Row extends object>(dataDir: string, sql: string): Promise<Row[]> {
  const url = await attachEmbeddedPostgres({ dataDir: path.join(dataDir, 'postgres') })
  const client = new pg.Client({ connectionString: url ?? '' })
  client.on('error', () => {})
  await client.connect()
  return client
    .query<Row>(sql)
    .then(result => result.rows)
    .finally(() => client.end())
}
