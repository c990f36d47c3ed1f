import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import Type from 'typebox'
import { actorOf } from '../../access/viewer.js'
import { errors } from '../../http/error-schema.js'
import type { Repairs } from '../../project/admin.js'

export interface ProjectorRouteOptions {
  repairs: Repairs
}

const resumed = Type.Object({
  changed: Type.Boolean({ description: 'False: it had not stopped, and nothing was done.' })
})

/** POST /v1/projector/resume. */
export default fp<ProjectorRouteOptions>(
  async (plain, { repairs }) => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>()

    app.post(
      '/v1/projector/resume',
      {
        schema: {
          tags: ['dead letters'],
          summary: 'Let a projector go on that has stopped by itself; /health/ready/project says why it did',
          response: { 200: resumed, ...errors(401) }
        }
      },
      async request => ({ changed: await repairs.resume(actorOf(request)) })
    )
  },
  { name: 'projector', fastify: '5.x', encapsulate: true }
)
