import {
  type BulkRow,
  bulkValues,
  columnList,
  columnName,
  columnsOf,
  primaryKeyOf,
  unnestSql
} from '../../db/bulk-sql.js'
import { reports } from '../../db/schema/reports.js'
import type { Tx } from '../../db/transaction.js'
import { compare } from './facts.js'

/** The values that are summed: counts, and durations in milliseconds. Each is a member of a stored contribution. */
export const MEASURES = [
  'calls',
  'inbound',
  'answered',
  'missed',
  'abandoned',
  'dropped',
  'answeredElsewhere',
  'voicemails',
  'outbound',
  'outboundAnswered',
  'messagesIn',
  'messagesOut',
  'talkMs',
  'waitMs',
  'ringMs'
] as const
export type Measure = (typeof MEASURES)[number]

/** Whether a measure is a duration, which the reports keep in seconds. */
export function isDuration(measure: Measure): boolean {
  return measure === 'talkMs' || measure === 'waitMs' || measure === 'ringMs'
}

/** What one row adds to one row of mightycall_reports. A measure that is left out is 0. */
export interface Contribution extends Partial<Record<Measure, number>> {
  /** The local day, such as `2026-11-23`. */
  date: string
  /** The business number; '' when unknown. */
  number: string
  /** '' for the sums of calls, voicemails and messages, otherwise the extension of the leg. */
  extension: string
}

interface ReportChange extends Required<Contribution> {
  account: string
}

/** The changes that a transaction makes to the reports, collected until they are written together. */
export interface ReportChanges {
  /** @param sign  1 for what a row adds now, -1 for what it has added before */
  add: (account: string, contributions: readonly Contribution[], sign: 1 | -1) => void
  /** Writes in key order, so that two transactions cannot deadlock. */
  write: (tx: Tx) => Promise<void>
}

export const REPORT_KEY = primaryKeyOf(reports)

/** The SQL name of the column that sums a measure. */
export function sumColumnOf(measure: Measure): string {
  if (measure === 'talkMs') return columnName(reports, 'talkSeconds')
  if (measure === 'waitMs') return columnName(reports, 'waitSeconds')
  if (measure === 'ringMs') return columnName(reports, 'ringSeconds')
  return columnName(reports, measure)
}

const columns = columnsOf(reports)
const sums = MEASURES.map(sumColumnOf)

const WRITE = `insert into mightycall_reports as r (${columnList(columns)}) select * from ${unnestSql(columns)}
  on conflict (${REPORT_KEY.join(', ')}) do update
  set ${sums.map(name => `${name} = r.${name} + excluded.${name}`).join(', ')}`

export function createReportChanges(): ReportChanges {
  const changes = new Map<string, ReportChange>()
  return {
    add: (account, contributions, sign) => {
      for (const contribution of contributions) {
        const { date, number, extension } = contribution
        const key = `${account}\n${date}\n${number}\n${extension}`
        const change = changes.get(key) ?? { account, date, number, extension, ...NO_CHANGE }
        for (const measure of MEASURES) change[measure] += sign * (contribution[measure] ?? 0)
        changes.set(key, change)
      }
    },
    write: async tx => {
      const inKeyOrder = [...changes]
        .filter(([, change]) => MEASURES.some(measure => change[measure] !== 0))
        .sort(([a], [b]) => compare(a, b))
        .map(([, change]) => reportRow(change))
      if (inKeyOrder.length > 0) await tx.query(WRITE, bulkValues(columns, inKeyOrder))
    }
  }
}

const NO_CHANGE: Readonly<Record<Measure, number>> = {
  calls: 0,
  inbound: 0,
  answered: 0,
  missed: 0,
  abandoned: 0,
  dropped: 0,
  answeredElsewhere: 0,
  voicemails: 0,
  outbound: 0,
  outboundAnswered: 0,
  messagesIn: 0,
  messagesOut: 0,
  talkMs: 0,
  waitMs: 0,
  ringMs: 0
}

function reportRow({ date, number, talkMs, waitMs, ringMs, ...change }: ReportChange): BulkRow<typeof reports> {
  return {
    ...change,
    reportDate: date,
    businessNumber: number,
    talkSeconds: inSeconds(talkMs),
    waitSeconds: inSeconds(waitMs),
    ringSeconds: inSeconds(ringMs)
  }
}

/** Exact: sums of whole milliseconds leave no remainder when they are subtracted again. */
function inSeconds(millis: number): string {
  return (millis / 1000).toFixed(3)
}
