import path from 'node:path'
import pg from 'pg'
import { pino } from 'pino'
import { startEmbeddedPostgres } from '../../src/db/embedded/server.js'
import { fasterClock } from '../../src/lib/clock.js'
import { type CompanyOptions, simulateCompany } from '../../src/simulator/company.js'
import { type DemoWorld, startDemoWorld } from '../../src/simulator/demo-world.js'
import { freePorts } from '../support/free-ports.js'
import { COMPARED, differencesOf, type TrueRow } from './completeness/compare.js'
import { checkCompleteHours } from './completeness/premature-hours.js'
import type { Bench } from './context.js'
import { percentile } from './figures.js'

const START = new Date('2026-11-23T00:00:00Z')
const MINUTE_MS = 60_000
const HOUR_MS = 60 * MINUTE_MS
const CALLS_PER_DAY = 60
/** Long enough for the last changes: removals are detected by the extended look-back, every four hours. */
const AFTER_MS = 5 * HOUR_MS
const DAILY_LIMIT = 2_500

/** Compares the read models with the truth after simulated days with lost, duplicated and late webhooks. */
export const completeness: Bench = async ({ dir, days, speed, print, progress, teardown }) => {
  progress('starting')
  const server = await startEmbeddedPostgres({ dataDir: path.join(dir, 'postgres'), log: () => {} })
  teardown(server.stop)
  const pool = new pg.Pool({ connectionString: server.url })
  pool.on('error', () => {})
  teardown(() => pool.end())
  const [port = 0] = await freePorts(1)
  const clock = fasterClock({ startAt: START, rate: speed })
  const at = (ms: number) => START.getTime() + ms
  const company = {
    seed: 1,
    startAt: at(0),
    calls: CALLS_PER_DAY * days,
    hours: 24 * days,
    longCalls: 0.1,
    redials: 0.05,
    otherNotation: 0.3, // with CallDuration
    readWithinDays: 5
  }
  const outageFrom = callAfter(company, at(12 * HOUR_MS)) - MINUTE_MS
  const world = await startDemoWorld({
    dir: path.join(dir, 'world'),
    port,
    clock,
    databaseUrl: server.url,
    logger: pino({ level: 'silent' }),
    company,
    webhookFaults: {
      drop: 0.02,
      duplicate: 0.05,
      reorder: 0.1,
      outages: [{ from: outageFrom, until: outageFrom + 30 * MINUTE_MS }]
    }
  })
  teardown(world.close)
  const trueRows = () => world.mightyCall.truth() as unknown as Record<string, TrueRow[]>
  const premature = new Set<string>()
  let [checks, complete, fullestDay] = [0, 0, 0]
  for (const end = at(24 * days * HOUR_MS + AFTER_MS); clock.now().getTime() < end; ) {
    progress(
      `${clock.now().toISOString().slice(0, 16)}, ${Math.round((end - clock.now().getTime()) / speed / 1000)} s left`
    )
    await clock.wait(10 * MINUTE_MS)
    const check = await checkCompleteHours(pool, trueRows(), { since: START, until: clock.now() })
    for (const line of check.premature) premature.add(line)
    complete = check.complete
    checks++
    fullestDay = Math.max(fullestDay, await requestsInDay(pool, clock.now()))
  }
  await syncAll(world)
  const truth = trueRows()
  for (const line of premature) console.error(`called complete too early: ${line}`)
  print({ name: 'completeness_checks', value: checks, unit: 'steps' })
  print({ name: 'completeness_hours_complete', value: complete, unit: 'hours', goal: { atLeast: 24 * days - 12 } })
  print({ name: 'completeness_hours_premature', value: premature.size, unit: 'rows', goal: { atMost: 0 } })
  for (const model of COMPARED) {
    const { missing, unequal, unknowable } = await differencesOf(pool, model, truth[model.name] ?? [])
    print({ name: `completeness_${model.name}`, value: truth[model.name]?.length ?? 0, unit: 'rows' })
    print({ name: `completeness_${model.name}_missing`, value: missing, unit: 'rows', goal: { atMost: 0 } })
    print({
      name: `completeness_${model.name}_unequal`,
      value: [...unequal.values()].reduce((sum, rows) => sum + rows, 0),
      unit: 'fields',
      goal: { atMost: 0 }
    })
    if (model.name === 'calls') print({ name: 'completeness_calls_unknowable', value: unknowable, unit: 'rows' })
    for (const [field, rows] of unequal)
      print({ name: `completeness_${model.name}_unequal_${field}`, value: rows, unit: 'rows' })
  }
  await printGaps(pool, print)
  print({
    name: 'completeness_quota',
    value: fullestDay / DAILY_LIMIT,
    unit: 'of the fullest day',
    goal: { atMost: 0.4 }
  })
  const delays = await delaysOf(pool, truth)
  print({
    name: 'completeness_polled_p95',
    value: percentile(delays.polled, 0.95) / MINUTE_MS,
    unit: 'min',
    goal: { atMost: 6 }
  })
  for (const [name, ofKind] of Object.entries(delays.byKind))
    print({ name: `completeness_polled_p95_${name}`, value: percentile(ofKind, 0.95) / MINUTE_MS, unit: 'min' })
  print({
    name: 'completeness_created_p95',
    value: percentile(delays.created, 0.95) / MINUTE_MS,
    unit: 'min',
    goal: { atMost: 20 }
  })
}

/** Returns the start of the first call after an instant. An outage without calls would show nothing. */
function callAfter(company: CompanyOptions, instant: number): number {
  return (
    simulateCompany(company)
      .truth.calls.map(call => call.startedAt)
      .filter(startedAt => startedAt >= instant)
      .sort((a, b) => a - b)[0] ?? instant
  )
}

async function printGaps(pool: pg.Pool, print: Parameters<Bench>[0]['print']): Promise<void> {
  const {
    rows: [gaps]
  } = await pool.query(
    'select count(*)::int as all, (count(*) filter (where healed_at is null))::int as open from gaps'
  )
  print({ name: 'completeness_gaps', value: gaps.all, unit: 'gaps' })
  print({ name: 'completeness_gaps_open', value: gaps.open, unit: 'gaps', goal: { atMost: 0 } })
}

/** Returns the number of requests to MightyCall in the 24 h before an instant. */
async function requestsInDay(pool: pg.Pool, now: Date): Promise<number> {
  const { rows } = await pool.query<{ requests: number }>(
    'select count(*)::int as requests from quota_permits where taken_at > $1',
    [new Date(now.getTime() - 24 * HOUR_MS)]
  )
  return rows[0]?.requests ?? 0
}

/** Syncs everything once more, as an operator can: only a sync finds what was read or removed days later. */
async function syncAll({ service, adminKey }: DemoWorld): Promise<void> {
  const answer = await fetch(`${service.url}/api/admin/mightycall/sync`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminKey}` }
  })
  if (!answer.ok) throw new Error(`the sync failed with ${answer.status}: ${await answer.text()}`)
}

/**
 * Returns the simulated milliseconds from the time at which REST reports an object to the receipt of its first fact,
 * for objects found by polls and for calls created without a webhook.
 */
async function delaysOf(
  pool: pg.Pool,
  truth: Record<string, TrueRow[]>
): Promise<{ polled: number[]; created: number[]; byKind: Record<string, number[]> }> {
  const { rows } = await pool.query<{
    kind: string
    entity: string
    at: Date
    webhooks: boolean
  }>(
    `select kind, entity, min(received_at) filter (where source = 'rest') as at,
       bool_or(source = 'webhook') as webhooks
     from events
     where type in ('call.reported', 'voicemail.reported', 'message.reported') or source = 'webhook'
     group by 1, 2 having bool_or(source = 'rest')`
  )
  const factsById = new Map(rows.map(row => [row.entity, row]))
  const created: number[] = []
  const byKind: Record<string, number[]> = {}
  for (const { name, id } of COMPARED) {
    for (const row of truth[name] ?? []) {
      const fact = factsById.get(String(row[id] ?? row.id))
      if (!fact || typeof row.shownAt !== 'number') continue
      const delay = fact.at.getTime() - row.shownAt
      if (name === 'calls' && !fact.webhooks) created.push(delay)
      else byKind[name] = [...(byKind[name] ?? []), delay]
    }
  }
  const polled = Object.values(byKind).flat()
  for (const values of [created, polled, ...Object.values(byKind)]) values.sort((a, b) => a - b)
  return { created, polled, byKind }
}
