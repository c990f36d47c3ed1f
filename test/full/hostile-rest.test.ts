import t from 'tap'
import { HOUR_MS } from '../../src/lib/instant.js'
import type { AnswerFaults } from '../../src/simulator/http/answer-faults.js'
import { eventually } from '../support/eventually.js'
import {
  assertNoSecretsLogged,
  assertWebhooksUnaffected,
  type ServiceUnderFaults,
  startWithFaultyMightyCall
} from '../support/faulty-mightycall.js'

t.jobs = 4

interface Case {
  name: string
  /** The faults of MightyCall during one hour. */
  faults?: AnswerFaults
  begin?: (setup: ServiceUnderFaults) => void
  end?: (setup: ServiceUnderFaults) => void
  /** The code and the message of the logged error. */
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
    name: 'truncated JSON',
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
    name: 'tokens that expire at once',
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
  t.test(
    `an hour of ${name} does not affect webhooks, and the missed data is read afterwards`,
    { buffered: true },
    async t => {
      const setup = await startWithFaultyMightyCall(t, { tokenSeconds: 900, ...(restTimeoutMs && { restTimeoutMs }) })
      const { clock, setFaults, signIn, linesMatching, countWebhookEvents, mightyCall } = setup
      const until = clock.now().getTime() + HOUR_MS
      await setFaults(faults)
      begin(setup)
      signIn()
      await eventually(
        'the error is logged',
        () => linesMatching(`"code":"${code}"`).some(line => message.test(line)),
        40_000
      )
      await eventually('webhooks are projected meanwhile', async () => (await countWebhookEvents()) > 10, 40_000)
      await eventually('an hour has passed', () => clock.now().getTime() > until, 60_000)
      t.equal(
        (await setup.pool.query("select from events where fields->>'route' = 'calls'")).rowCount,
        0,
        'no call was read from REST'
      )

      await setFaults({})
      end(setup)
      await setup.untilClosed()
      await setup.untilComplete()
      await assertWebhooksUnaffected(t, setup)
      t.ok((mightyCall.webhooks()?.dropped ?? 0) > 0, 'some webhooks were lost')
      t.ok(setup.proxy.tokens.size > 2, 'several tokens were issued')
      assertNoSecretsLogged(t, setup)
    }
  )
}
