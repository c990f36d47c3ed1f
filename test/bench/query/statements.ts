import type pg from 'pg'
import { queryApi } from '../../support/query-api.js'
import type { Context } from '../context.js'

type Statement = [config: pg.QueryConfig, values: unknown[]]

/** What a request asks of Postgres: those of one group at once, the groups one after the other. */
export type Statements = Statement[][]

/** Answers a path by the API over this pool, and tells what that has asked of it. */
export async function createSpy(context: Context, pool: pg.Pool): Promise<(path: string) => Promise<Statements>> {
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

export async function replay(pool: pg.Pool, statements: Statements): Promise<void> {
  for (const group of statements) await Promise.all(group.map(([config, values]) => pool.query(config, values)))
}
