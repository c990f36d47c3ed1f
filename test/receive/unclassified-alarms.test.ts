import t from 'tap'
import { parseNotification } from '../../src/mightycall/webhook/notification.js'
import { createAlarmJournal } from '../../src/observability/alarm-journal.js'
import { createLogger } from '../../src/observability/logger.js'
import { createMetrics } from '../../src/observability/metrics.js'
import { createUnclassifiedAlarms } from '../../src/receive/unclassified-alarms.js'

const KEY = 'the-api-key-of-the-account'
const BODIES = {
  understood: { EventType: 'IncomingCall', CallId: 'a', ApiKey: KEY },
  unknown: { EventType: 'CallHeld', CallId: 'a', ApiKey: KEY },
  'another key': { EventType: 'IncomingCall', CallId: 'a', ApiKey: 'the-api-key-of-another-one' }
}
type Kind = keyof typeof BODIES

function setUp() {
  const lines: { alarm?: string; [detail: string]: unknown }[] = []
  const journal = createAlarmJournal(createMetrics(), () => new Date())
  const alarms = createUnclassifiedAlarms(
    createLogger({
      level: 'info',
      alarms: journal,
      lines: {
        write: line => {
          lines.push(JSON.parse(line) as Record<string, unknown>)
        }
      }
    })
  )
  const states: Record<string, string> = {} // by name and account
  return {
    lines,
    receive: (times: number, kind: Kind, { id = 'default', apiKey = KEY } = {}) => {
      const account = { id, apiKey, region: 'US' as const }
      for (let i = 0; i < times; i++) {
        const event = parseNotification(account, Buffer.from(JSON.stringify(BODIES[kind])), new Date())
        if (event) alarms.note(account, event)
      }
    },
    states: async () => {
      await journal.save(async changes => {
        for (const { name, subject, raised, resolvedAt } of changes)
          states[`${name} ${subject}`] = resolvedAt ? 'over' : raised ? 'lasts' : 'unknown'
      })
      return states
    }
  }
}

t.test('a notification with another ApiKey raises an alarm at once, which lasts until the key is right', async t => {
  const { receive, states, lines } = setUp()
  receive(1, 'another key')
  t.match(lines, [{ level: 50, alarm: 'api-key-mismatch', account: 'default', notifications: 1 }])
  receive(119, 'another key')
  t.strictSame(
    lines.map(({ alarm }) => alarm),
    ['api-key-mismatch', 'not-understood'],
    'further ones are counted, not logged'
  )
  receive(1, 'understood', { id: 'other' })
  t.match(await states(), { 'api-key-mismatch default': 'lasts', 'api-key-mismatch other': 'over' })
  receive(19, 'understood')
  t.match(await states(), { 'api-key-mismatch default': 'lasts' }, 'one of the last 20 has another key')
  receive(1, 'understood')
  t.match(await states(), { 'api-key-mismatch default': 'over', 'not-understood default': 'over' })
  t.notMatch(JSON.stringify(lines), /api-key-of/)
})

t.test('when the configured key is corrected, the next notification that is understood ends the alarm', async t => {
  const { receive, states } = setUp()
  receive(30, 'understood', { apiKey: 'a mistyped key' })
  t.match(await states(), { 'api-key-mismatch default': 'lasts', 'not-understood default': 'lasts' })
  receive(1, 'understood')
  t.match(await states(), { 'api-key-mismatch default': 'over', 'not-understood default': 'lasts' })
  receive(9, 'understood')
  t.match(await states(), { 'not-understood default': 'over' })
})

for (const [expected, ...sequence] of [
  ['no alarm', [10, 'unknown']],
  ['alarm', [11, 'unknown']],
  ['no alarm', [10, 'unknown'], [10, 'understood']],
  ['alarm', [9, 'understood'], [11, 'unknown']],
  ['no alarm', [15, 'understood'], [10, 'unknown']]
] as [string, ...[number, Kind][]][]) {
  const name = sequence.map(([times, kind]) => `${times} ${kind}`).join(', then ')
  t.test(`more than half of the last 20 notifications must be unclassified: ${expected} after ${name}`, async t => {
    const { receive, lines } = setUp()
    for (const [times, kind] of sequence) receive(times, kind)
    t.strictSame(
      lines.map(({ alarm }) => alarm),
      expected === 'alarm' ? ['not-understood'] : []
    )
  })
}
