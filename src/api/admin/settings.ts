import Type from 'typebox'
import { actorOf, seesAccount, type Viewer, viewerOf } from '../../access/viewer.js'
import type { ChangeSettings } from '../../accounts/change-settings.js'
import type { RuntimeSettings } from '../../accounts/runtime-settings.js'
import { SETTING_NAMES, settingsSchema } from '../../accounts/setting-values.js'
import { InvalidParameterError, NotFoundError } from '../../errors.js'
import { errors } from '../../http/error-schema.js'
import { defineRoutes } from '../define-routes.js'
import { listSchema } from '../list/page.js'
import { accountParameter, accountsParameter } from '../list/parameters.js'

export interface SettingsRouteOptions {
  settings: RuntimeSettings
  changeSettings: ChangeSettings
  /** The ids of the configured accounts. */
  accountIds: () => readonly string[]
}

const shape = Type.Object(
  {
    account: Type.String(),
    ...settingsSchema.properties,
    set: Type.Array(Type.Enum(SETTING_NAMES), {
      description: 'The settings that were changed at run time. All others have their configured values.'
    })
  },
  { $id: 'Settings', description: 'The settings of an account.' }
)

const body = Type.Object(
  {
    ...Type.Partial(settingsSchema).properties,
    reset: Type.Optional(
      Type.Array(Type.Enum(SETTING_NAMES), {
        maxItems: SETTING_NAMES.length,
        description: 'Settings to reset to their configured values.'
      })
    )
  },
  { additionalProperties: false, minProperties: 1 }
)

/** GET and PATCH /v1/settings. */
export default defineRoutes<SettingsRouteOptions>('settings', async (app, { settings, changeSettings, accountIds }) => {
  const toShape = (account: string) => ({
    account,
    ...settings.settingsOf(account),
    set: settings.overriddenOf(account)
  })
  const visibleTo = (viewer: Viewer) => accountIds().filter(account => seesAccount(viewer, account))

  app.get(
    '/v1/settings',
    {
      schema: {
        tags: ['settings'],
        operationId: 'listSettings',
        summary: 'List the settings of each account',
        querystring: Type.Object({ account: accountsParameter }, { additionalProperties: false }),
        response: { 200: listSchema(shape), ...errors(400, 401) }
      }
    },
    async request => {
      const { account: requested } = request.query
      await settings.refresh() // another process may have changed settings since the last refresh
      return {
        data: visibleTo(viewerOf(request))
          .filter(account => requested?.includes(account) ?? true)
          .map(toShape)
      }
    }
  )

  app.patch(
    '/v1/settings',
    {
      schema: {
        tags: ['settings'],
        operationId: 'changeSettings',
        summary: 'Change settings. Omitted settings keep their values',
        description:
          'Every process applies the change within seconds. After a change of the time zone, the daily reports are ' +
          'rebuilt in the background.',
        querystring: Type.Object({ account: Type.Optional(accountParameter) }, { additionalProperties: false }),
        body,
        response: { 200: shape, ...errors(400, 401, 404) }
      }
    },
    async request => {
      const account = chooseAccount(visibleTo(viewerOf(request)), request.query.account)
      const { reset = [], ...values } = request.body
      if (reset.some(name => name in values)) throw new InvalidParameterError('a setting cannot be both set and reset')
      await changeSettings({ account, values, reset, by: actorOf(request) })
      await settings.refresh()
      return toShape(account)
    }
  )
})

/**
 * Returns the requested account, or the only one.
 *
 * @throws InvalidParameterError  the request must name one of several accounts
 * @throws NotFoundError          the account does not exist, or the viewer may not see it
 */
function chooseAccount(accounts: readonly string[], requested: string | undefined): string {
  const [only, other] = requested === undefined ? accounts : accounts.filter(account => account === requested)
  if (other !== undefined) throw new InvalidParameterError('there is more than one account: add ?account=')
  if (only === undefined) throw new NotFoundError('account')
  return only
}
