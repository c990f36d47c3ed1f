import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import os from 'node:os'
import path from 'node:path'
import { pino } from 'pino'
import { isRefusedForGood } from '../../src/event-log/kafka/errors.js'
import { openKafkaLog } from '../../src/event-log/kafka/log.js'
import { openSpool } from '../../src/event-log/spool/spool.js'
import { spooled } from '../../src/event-log/spool/spooled.js'
import type { LogAdapter } from '../event-log/conformance/adapter.js'
import { conform } from '../event-log/conformance/conform.js'
import { BROKERS, skip } from '../support/kafka-log.js'

const log = pino({ level: 'silent' })

/** A location is the directory of the spool; its name is also the topic prefix. */
export const spool: LogAdapter = {
  skip,
  newLocation: t => {
    const dir = mkdtempSync(path.join(os.tmpdir(), `mcs-spool-${randomUUID()}-`))
    t.teardown(() => rmSync(dir, { recursive: true, force: true }))
    return dir
  },
  open: async dir =>
    spooled({
      kafka: await openKafkaLog({ brokers: BROKERS, topicPrefix: path.basename(dir), createTopics: true }, { log }),
      spool: await openSpool({ dir, maxBytes: 64 * 1024 * 1024 }),
      isRefusedForGood,
      log,
      maxAgeMs: 3_600_000
    })
}

await conform(import.meta.url, spool)
