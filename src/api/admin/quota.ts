import Type, { type Static } from 'typebox'
import { seesAccount, viewerOf } from '../../access/viewer.js'
import { errors } from '../../http/error-schema.js'
import { toIsoOrNull } from '../../lib/instant.js'
import type { LoadQuotaUsage, QuotaUsage } from '../../mightycall/rest/quota/usage.js'
import { defineRoutes } from '../define-routes.js'
import { listSchema } from '../list/page.js'
import { accountsParameter } from '../list/parameters.js'

export interface QuotaOptions {
  quotaUsage: LoadQuotaUsage
}

const parameters = Type.Object({ account: accountsParameter }, { additionalProperties: false })

const count = () => Type.Integer({ minimum: 0 })
const classShape = Type.Object({ used: count(), left: count() })

const quotaShape = Type.Object(
  {
    account: Type.String(),
    budget: Type.Integer({ description: 'The maximum number of requests in 24 h.' }),
    used: Type.Integer({ minimum: 0, description: 'The number of requests of all processes in the last 24 h.' }),
    left: Type.Integer({ minimum: 0, description: 'The number of requests that are left for actions of people.' }),
    blockedUntil: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
      description: 'Until when MightyCall refuses requests. `null` when it accepts them.'
    }),
    classes: Type.Object(
      { action: classShape, sync: classShape, reconcile: classShape, backfill: classShape },
      {
        description: 'The classes of requests, most urgent first. Each class leaves a reserve for the more urgent ones.'
      }
    )
  },
  {
    $id: 'Quota',
    description:
      'Usage of the REST API of MightyCall with the API key of an account. Accounts with the same key share it.'
  }
)

const list = listSchema(quotaShape)

/** GET /v1/quota. */
export default defineRoutes<QuotaOptions>('quota', async (app, { quotaUsage }) => {
  app.get(
    '/v1/quota',
    {
      schema: {
        tags: ['quota'],
        operationId: 'listQuotas',
        summary: 'List the usage of the daily request limit, for accounts with an API key',
        querystring: parameters,
        response: { 200: list, ...errors(400, 401) }
      }
    },
    async request => {
      const { account: requested } = request.query
      const usages = await quotaUsage()
      return {
        data: usages
          .filter(({ account }) => seesAccount(viewerOf(request), account) && (requested?.includes(account) ?? true))
          .map(toQuota)
      }
    }
  )
})

function toQuota({ blockedUntil, ...usage }: QuotaUsage): Static<typeof quotaShape> {
  return { ...usage, left: usage.classes.action.left, blockedUntil: toIsoOrNull(blockedUntil) }
}
