import type pg from 'pg'
import { type Redriven, type RedriveOptions, redrive } from './redrive.js'

export interface RedriveAllOptions extends Omit<RedriveOptions, 'now'> {
  now: () => Date
  /** Null: all that are dead. */
  ids: readonly string[] | null
  onStart?: (total: number) => void
  onLetter?: (id: string, redriven: Redriven) => void
  /** Checked between two letters. */
  signal?: AbortSignal
}

export interface RedrivenAll {
  redriven: number
  /** Had been redriven before. */
  unchanged: number
  refused: number
  /** Their events are stored, but their rows could not be folded. */
  foldsFailed: number
  /** False: it was interrupted. */
  finished: boolean
}

const NEXT = "select id from dead_letters where state = 'dead' and id > $1 order by id limit 500"

/** Redrives dead letters one after the other, each in a transaction of its own, in the order in which they died. */
export async function redriveAll({
  ids,
  now,
  onStart,
  onLetter,
  signal,
  ...options
}: RedriveAllOptions): Promise<RedrivenAll> {
  const { pool } = options
  const all: RedrivenAll = { redriven: 0, unchanged: 0, refused: 0, foldsFailed: 0, finished: false }
  onStart?.(ids?.length ?? (await countDead(pool)))
  for await (const id of ids ?? deadIds(pool)) {
    if (signal?.aborted) return all
    const redriven = await redrive(id, { ...options, now: now() })
    all[redriven.refusal ? 'refused' : redriven.changed ? 'redriven' : 'unchanged']++
    if (redriven.failures.length > 0) all.foldsFailed++
    onLetter?.(id, redriven)
  }
  return { ...all, finished: true }
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
