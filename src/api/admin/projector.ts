import Type from 'typebox'
import { actorOf } from '../../access/viewer.js'
import { errors } from '../../http/error-schema.js'
import type { Repairs } from '../../project/admin.js'
import { defineRoutes } from '../define-routes.js'

interface ProjectorRouteOptions {
  repairs: Repairs
}

const resumed = Type.Object(
  { changed: Type.Boolean({ description: 'Whether the request changed anything. `false` when nothing had stopped.' }) },
  { $id: 'ResumeResult', description: 'Whether the projector was resumed.' }
)

/** POST /v1/projector/resume. */
export default defineRoutes<ProjectorRouteOptions>('projector', async (app, { repairs }) => {
  app.post(
    '/v1/projector/resume',
    {
      schema: {
        tags: ['dead letters'],
        operationId: 'resumeProjector',
        summary: 'Resume a projector that has stopped itself',
        response: { 200: resumed, ...errors(401) }
      }
    },
    async request => ({ changed: await repairs.resume(actorOf(request)) })
  )
})
