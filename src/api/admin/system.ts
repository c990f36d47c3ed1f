import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox'
import fp from 'fastify-plugin'
import Type, { type Static } from 'typebox'
import type { PartitionLag } from '../../project/lag.js'
import type { Stop } from '../../project/breaker/stops.js'
import type { TokenUse } from '../../receive/token-uses.js'
import { errors } from '../../http/error-schema.js'
import { systemShape } from '../../query/system-shape.js'

/** Null: this process has no such thing, or it cannot be known now. */
export interface SystemState {
  versions: Static<typeof systemShape>['versions']
  roles: readonly string[]
  readiness: { role: string, why: string | null }[]
  spool: { bytes: number, records: number, setAside: number } | null
  lag: PartitionLag[] | null
  webhooks: { account: string, lastAt: Date | null }[]
  tokens: TokenUse[] | null
  /** Offsets are whole numbers beyond what a JSON reader may keep: they stay texts. */
  holes: { topic: string, partition: number, reason: string, checkpointOffset: string, firstOffset: string | null, endOffset: string | null, detectedAt: Date }[]
  stop: Stop | null
  alarms: { name: string, count: number, lastAt: Date }[]
}

export interface SystemOptions {
  systemState: () => Promise<SystemState>
}

/** GET /v1/system. */
export default fp<SystemOptions>(async (plain, { systemState }) => {
  const app = plain.withTypeProvider<TypeBoxTypeProvider>()

  app.get('/v1/system', {
    schema: { tags: ['system'], summary: 'How all is, as this process sees it', querystring: Type.Object({}, { additionalProperties: false }), response: { 200: systemShape, ...errors(400, 401) } }
  }, async () => toShape(await systemState()))
}, { name: 'system', fastify: '5.x', encapsulate: true })

function toShape ({ roles, readiness, webhooks, tokens, holes, stop, alarms, ...state }: SystemState): Static<typeof systemShape> {
  return {
    ...state,
    roles: [...roles],
    readiness: readiness.map(({ role, why }) => ({ role, ready: why === null, why })),
    webhooks: webhooks.map(({ account, lastAt }) => ({ account, lastAt: iso(lastAt) })),
    tokens: tokens?.map(({ lastUsedAt, ...token }) => ({ ...token, lastUsedAt: iso(lastUsedAt) })) ?? null,
    holes: holes.map(({ detectedAt, ...hole }) => ({ ...hole, detectedAt: detectedAt.toISOString() })),
    stop: stop && { topic: stop.topic, partition: stop.partition, lastOffset: String(stop.lastOffset), records: stop.records, failed: stop.failed, code: stop.code, stoppedAt: stop.stoppedAt.toISOString(), resumedAt: iso(stop.resumedAt) },
    alarms: alarms.map(({ lastAt, ...alarm }) => ({ ...alarm, lastAt: lastAt.toISOString() }))
  }
}

function iso (at: Date | null): string | null {
  return at?.toISOString() ?? null
}
