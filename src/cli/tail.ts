import { randomBytes } from 'node:crypto'
import { styleText } from 'node:util'
import { Command, InvalidArgumentError } from 'commander'
import { pino } from 'pino'
import { type Config, loadConfig } from '../config/config.js'
import { openKafkaLog } from '../event-log/kafka/log.js'
import { openLocalReader } from '../event-log/local/local-reader.js'
import { kafkaOptions, localLogDir } from '../event-log/open-log.js'
import type { EventReader, StoredRecord } from '../event-log/port.js'
import { isTopic, TOPICS, type Topic } from '../events/topics.js'

interface TailOptions {
  topic?: Topic[]
  fromBeginning: boolean
  count?: number
}

const EXAMPLES = `
Examples:
  $ mightycall-stream tail                             new records, readable on a terminal
  $ mightycall-stream tail --from-beginning --count 13
  $ mightycall-stream tail --topic calls | jq .headers.ce_id      in a pipe: one JSON object a line

Reads Kafka when KAFKA_BROKERS is set, else the local log in DATA_DIR. The service may keep running.`

export function tailCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('tail')
    .description('follow the topics')
    .option('-t, --topic <names...>', `only these topics (${TOPICS.join(', ')})`, parseTopics)
    .option('-b, --from-beginning', 'start at the oldest record', false)
    .option('-n, --count <records>', 'end after this number of records', parseCount)
    .addHelpText('after', EXAMPLES)
    .action(async (options: TailOptions) => {
      const config = loadConfig(environment)
      await follow(await openReader(config), options, config.kafka?.topicPrefix ?? 'mightycall')
    })
}

async function openReader(config: Config): Promise<EventReader> {
  const quiet = pino({ level: 'silent' })
  return config.kafka
    ? openKafkaLog({ ...kafkaOptions(config.kafka), consumeOnly: true }, { log: quiet })
    : openLocalReader({ dir: localLogDir(config) })
}

/** Prints records until the count is reached, Ctrl-C is pressed, or the pipe's reader has gone. */
async function follow(
  reader: EventReader,
  { topic: topics = [...TOPICS], fromBeginning, count = Number.POSITIVE_INFINITY }: TailOptions,
  prefix: string
): Promise<void> {
  const format = process.stdout.isTTY ? toPrettyLine : toJsonLine
  let left = count
  let finish = () => {}
  const finished = new Promise<void>(resolve => {
    finish = resolve
  })
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, finish)
  process.stdout.on('error', finish) // EPIPE: the reader of the pipe, such as `head`, has ended

  const print = (record: StoredRecord) => {
    if (left <= 0) return
    process.stdout.write(`${format(record, prefix)}\n`)
    if (--left <= 0) finish()
  }
  await reader.subscribe({
    // a group of its own: it must not take partitions from a projector
    group: `mightycall-stream-tail-${randomBytes(6).toString('hex')}`,
    topics,
    startAt: async ({ topic, partition }) =>
      fromBeginning
        ? 'first'
        : ((await reader.bounds(topic)).find(bounds => bounds.partition === partition)?.end ?? 'first'),
    handle: async ({ records }) => {
      for (const record of records) print(record)
    }
  })
  await finished
  await reader.close()
}

function parseTopics(name: string, earlier: Topic[] = []): Topic[] {
  if (!isTopic(name)) throw new InvalidArgumentError(`It must be one of ${TOPICS.join(', ')}.`)
  return [...earlier, name]
}

function parseCount(text: string): number {
  const count = Number(text)
  if (!Number.isSafeInteger(count) || count < 1) throw new InvalidArgumentError('It must be a whole number from 1 on.')
  return count
}

/** Formats a record as one JSON object, for programs. */
export function toJsonLine({ topic, partition, offset, key, headers, value }: StoredRecord, prefix: string): string {
  return JSON.stringify({
    topic: `${prefix}.${topic}`,
    partition,
    offset: Number(offset),
    key,
    headers,
    value: parse(value)
  })
}

/** Formats a record for people: when, what, which call, who. */
export function toPrettyLine({ topic, value }: StoredRecord, prefix: string): string {
  const event = parse(value)
  if (typeof event !== 'object' || event === null) return styleText('red', `${prefix}.${topic}: not an event`)
  const { occurredAt, type, callId, extension, from, to, reason } = event as Record<string, unknown> // any JSON object
  const columns = [
    styleText('gray', text(occurredAt)),
    styleText(type === 'unclassified' ? 'yellow' : 'green', text(type).padEnd(17)),
    text(callId ?? reason),
    ...(extension ? [styleText('cyan', `ext ${text(extension)}`)] : []),
    ...(from || to ? [`${text(from)} → ${text(to)}`] : [])
  ]
  return columns.join('  ')
}

/** Replaces control characters, which would move the cursor of the terminal. */
function text(value: unknown): string {
  return String(value ?? '').replace(/\p{Cc}/gu, '\uFFFD')
}

function parse(value: Buffer | null): unknown {
  try {
    return JSON.parse(value?.toString() ?? 'null')
  } catch {
    return value?.toString('base64')
  }
}
