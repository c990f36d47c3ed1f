import Type, { type Static } from 'typebox'
import { seesAccount, viewerOf } from '../../access/viewer.js'
import { errors } from '../../http/error-schema.js'
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
    budget: Type.Integer({ description: 'Requests in 24 h that we allow ourselves, at the most.' }),
    used: Type.Integer({ minimum: 0, description: 'In the last 24 h, by all processes.' }),
    left: Type.Integer({ minimum: 0, description: 'For what a person does.' }),
    blockedUntil: Type.Union([Type.String({ format: 'date-time' }), Type.Null()], {
      description: 'MightyCall takes no requests until then. Null: it does.'
    }),
    classes: Type.Object(
      { action: classShape, sync: classShape, reconcile: classShape, backfill: classShape },
      { description: 'Most urgent first; each leaves a reserve to those before it.' }
    )
  },
  {
    $id: 'Quota',
    description: "Requests to MightyCall's REST API with the account's API key; accounts with the same key share it."
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
        summary: "How much of MightyCall's daily limit is used, by account; those without an API key are left out",
        querystring: parameters,
        response: { 200: list, ...errors(400, 401) }
      }
    },
    async request => {
      const { account: asked } = request.query
      const usages = await quotaUsage()
      return {
        data: usages
          .filter(({ account }) => seesAccount(viewerOf(request), account) && (asked?.includes(account) ?? true))
          .map(toQuota)
      }
    }
  )
})

function toQuota({ blockedUntil, ...usage }: QuotaUsage): Static<typeof quotaShape> {
  return { ...usage, left: usage.classes.action.left, blockedUntil: blockedUntil?.toISOString() ?? null }
}
