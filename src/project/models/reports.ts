import { arraysOf, type Columns, unnest } from '../../db/bulk-sql.js'
import type { Tx } from '../../db/transaction.js'
import { compare } from './facts.js'

/** What is summed: counts, and milliseconds. */
export const MEASURES = [
  'calls',
  'answered',
  'missed',
  'abandoned',
  'voicemails',
  'outbound',
  'messagesIn',
  'messagesOut',
  'talkMs',
  'waitMs'
] as const
export type Measure = (typeof MEASURES)[number]

/** What one row adds to one row of mightycall_reports; what it does not name is 0. */
export interface Contribution extends Partial<Record<Measure, number>> {
  /** The local day, `2026-11-23`. */
  date: string
  /** '': not known. */
  number: string
  /** '': the sums of calls, voicemails and messages; otherwise those of the extension's legs. */
  extension: string
}

interface Sum extends Required<Contribution> {
  account: string
}

/** The differences that a transaction makes, until they are written at once. */
export interface ReportMoves {
  /** @param sign  1 for what a row adds now, -1 for what it has added before */
  add: (account: string, contributions: readonly Contribution[], sign: 1 | -1) => void
  /** In the order of the keys, so that two transactions never wait for each other in a ring. */
  write: (tx: Tx) => Promise<void>
}

const key: Columns<Sum> = {
  account: { type: 'text', of: sum => sum.account },
  report_date: { type: 'date', of: sum => sum.date },
  business_number: { type: 'text', of: sum => sum.number },
  extension: { type: 'text', of: sum => sum.extension }
}

/** Milliseconds are whole numbers and so are their sums: what is taken away again leaves nothing behind. */
const seconds = (millis: number) => (millis / 1000).toFixed(3)

export const sumColumns: Columns<Sum> = {
  ...key,
  calls: { type: 'int', of: sum => sum.calls },
  answered: { type: 'int', of: sum => sum.answered },
  missed: { type: 'int', of: sum => sum.missed },
  abandoned: { type: 'int', of: sum => sum.abandoned },
  voicemails: { type: 'int', of: sum => sum.voicemails },
  outbound: { type: 'int', of: sum => sum.outbound },
  messages_in: { type: 'int', of: sum => sum.messagesIn },
  messages_out: { type: 'int', of: sum => sum.messagesOut },
  talk_seconds: { type: 'numeric', of: sum => seconds(sum.talkMs) },
  wait_seconds: { type: 'numeric', of: sum => seconds(sum.waitMs) }
}

const sums = Object.keys(sumColumns).filter(name => !(name in key))

const MOVE = `insert into mightycall_reports as r (${Object.keys(sumColumns).join(', ')}) select * from ${unnest(sumColumns)}
  on conflict (${Object.keys(key).join(', ')}) do update set ${sums.map(name => `${name} = r.${name} + excluded.${name}`).join(', ')}`

export function createReportMoves(): ReportMoves {
  const moves = new Map<string, Sum>()
  return {
    add: (account, contributions, sign) => {
      for (const contribution of contributions) {
        const { date, number, extension } = contribution
        const name = `${account}\n${date}\n${number}\n${extension}`
        const sum = moves.get(name) ?? {
          account,
          date,
          number,
          extension,
          calls: 0,
          answered: 0,
          missed: 0,
          abandoned: 0,
          voicemails: 0,
          outbound: 0,
          messagesIn: 0,
          messagesOut: 0,
          talkMs: 0,
          waitMs: 0
        }
        for (const measure of MEASURES) sum[measure] += sign * (contribution[measure] ?? 0)
        moves.set(name, sum)
      }
    },
    write: async tx => {
      const changed = [...moves]
        .filter(([, sum]) => MEASURES.some(measure => sum[measure] !== 0))
        .sort(([a], [b]) => compare(a, b))
        .map(([, sum]) => sum)
      if (changed.length > 0) await tx.query(MOVE, arraysOf(sumColumns, changed))
    }
  }
}
