import type pg from 'pg'
import { type RedriveOptions, type RedriveResult, redriveDeadLetter } from './redrive.js'

export interface RedriveAllOptions extends Omit<RedriveOptions, 'now'> {
  now: () => Date
  /** `null` for all dead letters in the state `dead`. */
  ids: readonly string[] | null
  onStart?: (total: number) => void
  onDeadLetter?: (id: string, result: RedriveResult) => void
  /** Interrupts between two dead letters. */
  signal?: AbortSignal
}

export interface RedriveAllResult {
  redriven: number
  /** Those that had been redriven before. */
  unchanged: number
  refused: number
  /** Those whose event was stored, but whose entity could not be folded. */
  foldsFailed: number
  /** False when it was interrupted. */
  finished: boolean
}

const NEXT = "select id from dead_letters where state = 'dead' and id > $1 order by id limit 500"

/** Redrives dead letters one by one, oldest first, each in a transaction of its own. */
export async function redriveAll({
  ids,
  now,
  onStart,
  onDeadLetter,
  signal,
  ...options
}: RedriveAllOptions): Promise<RedriveAllResult> {
  const { pool } = options
  const result: RedriveAllResult = { redriven: 0, unchanged: 0, refused: 0, foldsFailed: 0, finished: false }
  onStart?.(ids?.length ?? (await countDead(pool)))
  for await (const id of ids ?? deadIds(pool)) {
    if (signal?.aborted) return result
    const one = await redriveDeadLetter(id, { ...options, now: now() })
    result[one.refusal ? 'refused' : one.changed ? 'redriven' : 'unchanged']++
    if (one.failures.length > 0) result.foldsFailed++
    onDeadLetter?.(id, one)
  }
  return { ...result, finished: true }
}

async function* deadIds(pool: pg.Pool): AsyncGenerator<string> {
  for (let after: string | null = '0'; after !== null; ) {
    const { rows }: pg.QueryResult<{ id: string }> = await pool.query<{ id: string }>(NEXT, [after])
    for (const { id } of rows) yield id
    after = rows.at(-1)?.id ?? null
  }
}

async function countDead(pool: pg.Pool): Promise<number> {
  const {
    rows: [row]
  } = await pool.query<{ count: string }>("select count(*) from dead_letters where state = 'dead'")
  return Number(row?.count ?? 0)
}
