// The straightforward implementation: parse, send, wait, respond.
import Fastify from 'fastify'
import { Kafka, logLevel, Partitioners } from 'kafkajs'
import { NOTIFICATION } from './notification-schema.js'
import { requiredVariable, serve } from './serve.js'

const topic = requiredVariable('TOPIC')
const producer = new Kafka({ brokers: requiredVariable('BROKERS').split(','), logLevel: logLevel.NOTHING }).producer({
  createPartitioner: Partitioners.DefaultPartitioner
})
await producer.connect()

const app = Fastify()
app.post<{ Body: { Body: { Id: string } } }>(
  '/webhooks/mightycall/:token',
  { schema: { body: NOTIFICATION } },
  async (request, reply) => {
    const { body } = request
    await producer.send({ topic, acks: -1, messages: [{ key: body.Body.Id, value: JSON.stringify(body) }] })
    return reply.code(200).send()
  }
)
await serve(app)
