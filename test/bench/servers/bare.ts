// The upper limit of Fastify: it parses and validates the notification, and stores nothing.
import Fastify from 'fastify'
import { NOTIFICATION } from './notification-schema.js'
import { serve } from './serve.js'

const app = Fastify()
app.post('/webhooks/mightycall/:token', { schema: { body: NOTIFICATION } }, async (_request, reply) =>
  reply.code(200).send()
)
await serve(app)
