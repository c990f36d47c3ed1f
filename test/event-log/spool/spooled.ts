import type { Test } from 'tap'
import { NotStoredError } from '../../../src/errors.js'
import { type LocalLog, openLocalLog } from '../../../src/event-log/local/local-log.js'
import type { EventLog, LogRecord } from '../../../src/event-log/port.js'
import { openSpool, type SpoolOptions } from '../../../src/event-log/spool/spool.js'
import { type SpooledLog, spooled } from '../../../src/event-log/spool/spooled.js'
import { eventually } from '../../support/eventually.js'
import { createLineLogger } from '../../support/line-logger.js'
import { tempDir } from '../../support/temp-dir.js'
import { readAll } from '../conformance/read-all.js'

/** How the simulated Kafka responds to an append: it stores, refuses, or hangs until the mode changes. */
type KafkaMode = 'up' | 'down' | 'hanging'

export interface SpooledTestLog {
  log: SpooledLog
  /** The log lines, as objects. */
  lines: Record<string, unknown>[]
  setMode: (mode: KafkaMode) => void
  /** Sets a function that the simulated Kafka awaits before it stores records. */
  beforeKafkaAppend: (call: () => Promise<unknown>) => void
  /** The texts stored in the simulated Kafka, in order. */
  texts: () => Promise<string[]>
  isDirect: () => boolean
}

/** A text that the simulated Kafka rejects permanently. */
export const POISON = 'poison'

/**
 * Opens a spooled log over another local log that stands for Kafka and can refuse or hang.
 * Appends that hang are stored all the same, as by a frozen broker, so a record may be stored twice.
 */
export async function openSpooledLog(
  t: Test,
  { kafkaDir = tempDir(t), dir = tempDir(t), ...options }: Partial<SpoolOptions> & { kafkaDir?: string } = {}
): Promise<SpooledTestLog> {
  const lines: Record<string, unknown>[] = []
  const logger = createLineLogger('info', line => lines.push(JSON.parse(line)))
  const stored = await openLocalLog({ dir: kafkaDir })
  const kafka = createSimulatedKafka(stored)
  const spool = await openSpool({ dir, maxBytes: 16 * 1024 * 1024, log: logger, ...options })
  const log = spooled({
    kafka: kafka.log,
    spool,
    isRefusedForGood: err => err instanceof NotStoredError && err.cause === POISON,
    log: logger,
    maxAgeMs: 3_600_000
  })
  t.teardown(() => {
    kafka.setMode('up')
    return log.close()
  })
  return {
    log,
    lines,
    setMode: kafka.setMode,
    beforeKafkaAppend: kafka.beforeAppend,
    texts: async () => (await readAll(t, stored)).map(({ value }) => String(value)),
    isDirect: () =>
      log.backlog().records === 0 &&
      lines.filter(({ alarm }) => alarm === 'spooling').length ===
        lines.filter(({ msg }) => String(msg).startsWith('the spool is drained')).length
  }
}

export async function untilDirect({ isDirect }: SpooledTestLog): Promise<void> {
  await eventually('records go directly to Kafka again', isDirect, 20_000)
}

function createSimulatedKafka(
  stored: LocalLog
): Pick<SpooledTestLog, 'setMode'> & { log: EventLog; beforeAppend: SpooledTestLog['beforeKafkaAppend'] } {
  let mode: KafkaMode = 'up'
  let trouble: string | null = null
  let changes = 0
  let before = async (): Promise<unknown> => null
  const hanging: (() => void)[] = []
  async function append(records: readonly LogRecord[]): Promise<void> {
    trouble = mode === 'up' ? null : mode
    if (mode === 'down') throw new NotStoredError()
    if (records.some(({ value }) => String(value) === POISON)) throw new NotStoredError({ cause: POISON })
    const changesBefore = changes
    const hangs = mode === 'hanging'
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
    setMode: next => {
      mode = next
      changes++
      for (const resolve of hanging.splice(0)) resolve()
    }
  }
}
