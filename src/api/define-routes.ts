import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import type { FastifyInstance, FastifyPluginOptions } from 'fastify'
import fp from 'fastify-plugin'

const withTypes = (app: FastifyInstance) => app.withTypeProvider<TypeBoxTypeProvider>()

/** An encapsulated plugin with routes of the API, whose handlers have the types of their schemas. */
export function defineRoutes<Options extends FastifyPluginOptions>(
  name: string,
  register: (app: ReturnType<typeof withTypes>, options: Options) => Promise<void>
) {
  return fp<Options>(async (app, options) => register(withTypes(app), options), {
    name,
    fastify: '5.x',
    encapsulate: true
  })
}
