import t from 'tap'
import type { AnswerFaults } from '../../src/simulator/http/answer-faults.js'
import { eventually } from '../support/eventually.js'
import {
  assertNoSecretsLogged,
  assertWebhooksUnaffected,
  type ServiceUnderFaults,
  startWithFaultyMightyCall
} from '../support/faulty-mightycall.js'

const HOUR_MS = 3_600_000
t.jobs = 2

interface Case {
  name: string
  /** What MightyCall does for an hour. */
  faults?: AnswerFaults
  begin?: (world: ServiceUnderFaults) => void
  end?: (world: ServiceUnderFaults) => void
  /** What a person reads of it. */
  code: string
  message: RegExp
  restTimeoutMs?: number
}

const everyRoute = '/v4/api'
const cases: Case[] = [
  {
    name: 'HTML instead of JSON',
    faults: { answer: 'html', path: everyRoute },
    code: 'MCS_REST_UNEXPECTED',
    message: /the body is not JSON/
  },
  {
    name: 'HTML instead of a token',
    faults: { answer: 'html', path: '/v4/auth' },
    code: 'MCS_REST_UNEXPECTED',
    message: /the body is not JSON/
  },
  {
    name: 'half a JSON',
    faults: { answer: 'truncated', path: everyRoute },
    code: 'MCS_REST_UNEXPECTED',
    message: /the body is not JSON/
  },
  { name: 'status 500', faults: { answer: 'error' }, code: 'MCS_REST_UNAVAILABLE', message: /status 500/ },
  {
    name: 'a body of 50 MB',
    faults: { answer: 'huge', path: `${everyRoute}/calls` },
    code: 'MCS_REST_UNEXPECTED',
    message: /larger than 16777216 bytes/
  },
  {
    name: 'a connection that hangs',
    faults: { answer: 'hang' },
    code: 'MCS_REST_UNAVAILABLE',
    message: /no response within 500 ms/,
    restTimeoutMs: 500
  },
  {
    name: 'tokens that have expired as soon as they are given',
    begin: ({ proxy }) => {
      proxy.tampering.request = ({ headers }) => {
        if (headers.authorization) headers.authorization = 'Bearer expired'
      }
    },
    end: ({ proxy }) => {
      proxy.tampering.request = () => {}
    },
    code: 'MCS_REST_UNAVAILABLE',
    message: /rejects its own token/
  }
]

for (const { name, faults = {}, begin = () => {}, end = () => {}, code, message, restTimeoutMs } of cases) {
  t.test(`an hour of it is not noticed by webhooks, and is made up for: ${name}`, { buffered: true }, async t => {
    const world = await startWithFaultyMightyCall(t, { tokenSeconds: 900, ...(restTimeoutMs && { restTimeoutMs }) })
    const { clock, setFaults, signIn, linesMatching, countWebhookEvents, mightyCall } = world
    const until = clock.now().getTime() + HOUR_MS
    await setFaults(faults)
    begin(world)
    signIn()
    await eventually('it is said', () => linesMatching(`"code":"${code}"`).some(line => message.test(line)), 40_000)
    await eventually(
      'notifications come and are projected meanwhile',
      async () => (await countWebhookEvents()) > 10,
      40_000
    )
    await eventually('an hour has gone by', () => clock.now().getTime() > until, 60_000)
    t.equal(
      (await world.pool.query("select from events where fields->>'route' = 'calls'")).rowCount,
      0,
      'no call was told by REST'
    )

    await setFaults({})
    end(world)
    await world.untilClosed()
    await world.untilComplete()
    await assertWebhooksUnaffected(t, world)
    t.ok((mightyCall.webhooks()?.dropped ?? 0) > 0, 'webhooks had lost something')
    t.ok(world.proxy.tokens.size > 2, 'tokens have expired meanwhile')
    assertNoSecretsLogged(t, world)
  })
}
