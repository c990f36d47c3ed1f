import t from 'tap'
import type { KafkaOptions } from '../../src/event-log/kafka/log.js'
import { gather, record } from '../event-log/support/gather.js'
import { eventually } from '../support/eventually.js'
import { kafkaUnavailable, startKafka } from '../support/kafka.js'
import { BROKERS, openTestLog, skip } from '../support/kafka-log.js'
import { tempDir } from '../support/temp-dir.js'

const noBroker = kafkaUnavailable() ?? skip
const login = { mechanism: 'scram-sha-512' as const, username: 'mightycall', password: 'swordfish-7' }

t.test('a broker that requires TLS and a login', { skip: noBroker, timeout: 60_000 }, async t => {
  const kafka = await startKafka({ dir: tempDir(t), sasl: login })
  t.teardown(() => kafka.stop())
  const { brokers } = kafka
  const ssl = { ca: kafka.ca ?? '' }

  await t.test('accepts records after a login, also after a failure', async t => {
    const { log, lines } = await openTestLog(t, { brokers, ssl, sasl: login })
    await t.rejects(log.append([record('default:a', Buffer.alloc(3 * 1024 * 1024))]))
    await log.append([record('default:a', 'x')])
    const { values } = await gather(t, log)
    await eventually('the record arrives', () => values().length === 1)
    t.notMatch(JSON.stringify(lines), login.password)
  })

  const refusals: { name: string; options: Partial<KafkaOptions>; line: RegExp }[] = [
    {
      name: 'a wrong password',
      options: { ssl, sasl: { ...login, password: 'wrong-password' } },
      line: /refused the login: check KAFKA_SASL_USERNAME/
    },
    { name: 'an unknown user', options: { ssl, sasl: { ...login, username: 'nobody' } }, line: /refused the login/ },
    {
      name: 'another mechanism',
      options: { ssl, sasl: { ...login, mechanism: 'plain' } },
      line: /KAFKA_SASL_MECHANISM to one they offer/
    },
    {
      name: 'no certificate authority',
      options: { ssl: true, sasl: login },
      line: /is not trusted: set KAFKA_SSL_CA_FILE/
    },
    { name: 'plain text', options: {}, line: /closed the connection: .*KAFKA_SSL/ },
    { name: 'no login', options: { ssl }, line: /closed the connection: .*KAFKA_SASL_MECHANISM/ }
  ]
  for (const { name, options, line } of refusals) {
    await t.test(`rejects ${name} with one line without secrets`, async t => {
      const error = await openTestLog(t, { brokers, ...options }).catch(err => err)
      t.match(error, { code: 'MCS_KAFKA', message: line })
      t.notMatch(error.message, /\n|wrong-password|swordfish/)
    })
  }
})

const plain: { name: string; options: Partial<KafkaOptions>; line: RegExp }[] = [
  {
    name: 'TLS to a plain port',
    options: { brokers: BROKERS, ssl: true },
    line: /does not use TLS: unset KAFKA_SSL/
  },
  {
    name: 'a login to a plain port',
    options: { brokers: BROKERS, sasl: login },
    line: /does not use SASL: unset KAFKA_SASL_MECHANISM/
  },
  {
    name: 'nobody there',
    options: { brokers: ['127.0.0.1:9', '127.0.0.1:10'] },
    line: /^Kafka: 127\.0\.0\.1:\d+ refuses connections: check KAFKA_/
  },
  {
    name: 'an unknown host',
    options: { brokers: ['nowhere.invalid:9092'] },
    line: /the host name of nowhere\.invalid:9092 cannot be resolved: check KAFKA_/
  }
]
for (const { name, options, line } of plain) {
  t.test(`reports in one line: ${name}`, { skip }, async t => {
    await t.rejects(openTestLog(t, options), { code: 'MCS_KAFKA', message: line })
  })
}
