import { pino } from 'pino'
import type { Test } from 'tap'
import { NotStoredError } from '../../../src/errors.js'
import { type LocalLog, openLocalLog } from '../../../src/event-log/local/local-log.js'
import type { EventLog, LogRecord } from '../../../src/event-log/port.js'
import { openSpool, type SpoolOptions } from '../../../src/event-log/spool/spool.js'
import { type SpooledLog, spooled } from '../../../src/event-log/spool/spooled.js'
import { eventually } from '../../support/eventually.js'
import { tempDir } from '../../support/temp-dir.js'
import { readAll } from '../conformance/read-all.js'

/** How the far side answers an append: as itself, with a refusal, or not at all until it is told to. */
export type Weather = 'fine' | 'down' | 'hangs'

export interface Joined {
  log: SpooledLog
  /** What was logged, one object per line. */
  lines: Record<string, unknown>[]
  weather: (now: Weather) => void
  /** Called whenever the far side, in fine weather, is about to store something, which waits for it. */
  beforeFarAppend: (call: () => Promise<unknown>) => void
  /** The texts that the far side has, in their order. */
  texts: () => Promise<string[]>
  isDirect: () => boolean
}

/** What the far side will never take. */
export const POISON = 'poison'

/**
 * A spool before another local log, which stands for Kafka and can be told to refuse or to hang.
 * What hangs is stored all the same, as by a broker that was frozen: so a record may be there twice.
 */
export async function openJoined(
  t: Test,
  { far = tempDir(t), dir = tempDir(t), ...options }: Partial<SpoolOptions> & { far?: string } = {}
): Promise<Joined> {
  const lines: Record<string, unknown>[] = []
  const logger = pino(
    { level: 'info' },
    {
      write: (line: string) => {
        lines.push(JSON.parse(line))
      }
    }
  )
  const stored = await openLocalLog({ dir: far })
  const sky = createSky(stored)
  const spool = await openSpool({ dir, maxBytes: 16 * 1024 * 1024, log: logger, ...options })
  const log = spooled({
    kafka: sky.log,
    spool,
    isRefusedForGood: err => err instanceof NotStoredError && err.cause === POISON,
    log: logger,
    maxAgeMs: 3_600_000
  })
  t.teardown(() => {
    sky.weather('fine')
    return log.close()
  })
  return {
    log,
    lines,
    weather: sky.weather,
    beforeFarAppend: sky.beforeAppend,
    texts: async () => (await readAll(t, stored)).map(({ value }) => String(value)),
    isDirect: () =>
      log.backlog().records === 0 &&
      lines.filter(({ alarm }) => alarm === 'spooling').length ===
        lines.filter(({ msg }) => String(msg).startsWith('the spool is drained')).length
  }
}

export async function untilDirect({ isDirect }: Joined): Promise<void> {
  await eventually('records go straight again', isDirect, 20_000)
}

function createSky(
  stored: LocalLog
): Pick<Joined, 'weather'> & { log: EventLog; beforeAppend: Joined['beforeFarAppend'] } {
  let weather: Weather = 'fine'
  let trouble: string | null = null
  let changes = 0
  let before = async (): Promise<unknown> => null
  const hanging: (() => void)[] = []
  async function append(records: readonly LogRecord[]): Promise<void> {
    trouble = weather === 'fine' ? null : weather
    if (weather === 'down') throw new NotStoredError()
    if (records.some(({ value }) => String(value) === POISON)) throw new NotStoredError({ cause: POISON })
    const changesBefore = changes
    const hangs = weather === 'hangs'
    if (!hangs) await before()
    await stored.append(records)
    if (!hangs) return
    if (changes === changesBefore)
      await new Promise<void>(resolve => {
        hanging.push(resolve)
      })
    throw new NotStoredError()
  }
  return {
    log: { ...stored, append, trouble: () => trouble },
    beforeAppend: call => {
      before = call
    },
    weather: now => {
      weather = now
      changes++
      for (const resolve of hanging.splice(0)) resolve()
    }
  }
}
