import type pg from 'pg'
import { queryApi } from '../../support/query-api.js'
import type { Context } from '../context.js'

type Statement = [config: pg.QueryConfig, values: unknown[]]

/** The statements of a request. Those of one group run concurrently, the groups one after another. */
export type Statements = Statement[][]

/** Returns a function that requests a path from the API over this pool and returns the statements of the request. */
export async function createStatementRecorder(
  context: Context,
  pool: pg.Pool
): Promise<(path: string) => Promise<Statements>> {
  const groups: Statements = []
  let pending = 0
  const query = async (config: pg.QueryConfig, values: unknown[]) => {
    if (pending++ === 0) groups.push([])
    groups.at(-1)?.push([config, values])
    return pool.query(config, values).finally(() => {
      pending--
    })
  }
  const { get } = await queryApi(context, Object.assign(Object.create(pool) as pg.Pool, { query }), () => new Date())
  return async path => {
    groups.length = 0
    const { statusCode, body } = await get(path)
    if (statusCode !== 200 || groups.length === 0) throw new Error(`${path}: ${statusCode} ${body.slice(0, 200)}`)
    return [...groups]
  }
}

/** Runs the statements of a request again. */
export async function replay(pool: pg.Pool, statements: Statements): Promise<void> {
  for (const group of statements) await Promise.all(group.map(([config, values]) => pool.query(config, values)))
}
