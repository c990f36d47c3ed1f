import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyReply } from 'fastify'
import fp from 'fastify-plugin'
import Type, { type Static } from 'typebox'
import { errors } from './error-schema.js'

/** Resolves with null when the role can do its work, otherwise with the reason why it cannot. */
export type HealthCheck = () => Promise<string | null>

export interface HealthOptions {
  /** The checks, one for each role of this process. */
  checks: Readonly<Record<string, HealthCheck>>
  /** True once the process is stopping, so that it should receive no new requests. */
  draining: () => boolean
}

const report = Type.Object(
  {
    ready: Type.Boolean(),
    roles: Type.Record(
      Type.String(),
      Type.Object({
        ready: Type.Boolean(),
        why: Type.Union([Type.String(), Type.Null()], { description: 'Why the role is not ready, or `null`.' })
      })
    )
  },
  { $id: 'Readiness', description: 'Whether each role of this process can do its work.' }
)

const liveness = Type.Object({ live: Type.Boolean() }, { $id: 'Liveness', description: 'The process is running.' })

/** The server sends this response before any route is reached. */
const headersTooLarge = errors(431)

/** Returns whether each of these roles can do its work. */
export async function readinessOf(
  roles: readonly string[],
  { checks, draining }: HealthOptions
): Promise<Static<typeof report>> {
  const states = await Promise.all(
    roles.map(async role => {
      const why = draining() ? 'stopping' : ((await checks[role]?.()) ?? null)
      return [role, { ready: why === null, why }] as const
    })
  )
  return { ready: states.every(([, state]) => state.ready), roles: Object.fromEntries(states) }
}

/** GET /health/live, /health/ready and /health/ready/:role, for load balancers. They require no credential. */
export const health = fp<HealthOptions>(
  async (plain, { checks, draining }) => {
    const app = plain.withTypeProvider<TypeBoxTypeProvider>()

    app.addHook('onRequest', async (_request, reply) => {
      reply.header('cache-control', 'no-store')
    })

    async function answer(roles: readonly string[], reply: FastifyReply): Promise<Static<typeof report>> {
      const found = await readinessOf(roles, { checks, draining })
      reply.code(found.ready ? 200 : 503)
      return found
    }

    app.get(
      '/health/live',
      {
        schema: {
          tags: ['health'],
          operationId: 'getLiveness',
          summary: 'The process answers',
          response: { 200: liveness, ...headersTooLarge }
        }
      },
      async () => ({ live: true })
    )

    app.get(
      '/health/ready',
      {
        schema: {
          tags: ['health'],
          operationId: 'getReadiness',
          summary: 'Every role can do its work',
          response: { 200: report, 503: report, ...headersTooLarge }
        }
      },
      async (_request, reply) => answer(Object.keys(checks), reply)
    )

    for (const role of Object.keys(checks)) {
      app.get(
        `/health/ready/${role}`,
        {
          schema: {
            tags: ['health'],
            operationId: `get${role.charAt(0).toUpperCase()}${role.slice(1)}Readiness`,
            summary: `The role ${role} can do its work`,
            response: { 200: report, 503: report, ...headersTooLarge }
          }
        },
        async (_request, reply) => answer([role], reply)
      )
    }
  },
  { name: 'health', fastify: '5.x', encapsulate: true }
)
