import t from 'tap'
import { DOCUMENTED_NOTIFICATIONS, INBOUND } from '../../support/documented-notifications.js'
import { eventually } from '../../support/eventually.js'
import { kafkaForTest, needsKafka } from '../../support/kafka-for-test.js'
import { type LiveEvent, untilDelivered, watchLive } from '../../support/live-client.js'
import { randomSecrets, startServiceProcess } from '../../support/service.js'
import { tempDir } from '../../support/temp-dir.js'

const isEnd = ({ event, data }: LiveEvent) =>
  event === 'call' && data.object?.id === INBOUND && data.object.state === 'ended'

for (const [name, options] of [
  ['embedded', {}],
  ['kafka', needsKafka]
] as const) {
  t.test(
    `${name}: a posted webhook reaches the clients of live streams, and a shutdown ends the streams at once`,
    options,
    async t => {
      const kafka = name === 'kafka' ? kafkaForTest(t) : null
      const env = kafka && { ...kafka.environment, ...randomSecrets() }
      const service = await startServiceProcess(t, { DATA_DIR: tempDir(t), DRAIN_SECONDS: '1', ...env })
      const client = await watchLive(t, `${service.url}/v1/live`, { key: service.adminKey })
      for (const notification of DOCUMENTED_NOTIFICATIONS) t.equal(await service.post(notification), 200)
      const events = await untilDelivered(client, 'the call has ended', some => some.some(isEnd))
      t.equal(events[0]?.event, 'health')
      t.strictSame(events.find(isEnd)?.data.object, await service.get(`/v1/calls/${INBOUND}`))
      t.ok(events.some(({ event }) => event === 'agent'))

      const stopped = service.end('SIGTERM')
      await eventually('the stream is closed', () => client.isClosed())
      t.equal(service.child.exitCode, null, 'webhooks are still accepted')
      t.match(client.text(), /retry: \d+\n\n$/)
      t.equal(await stopped, 0)
    }
  )
}
