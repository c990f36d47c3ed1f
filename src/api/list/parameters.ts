import Type from 'typebox'
import { InvalidParameterError } from '../../errors.js'
import { ACCOUNT_PATTERN } from '../../events/envelope.js'
import { INSTANT_OR_DAY } from '../../http/instant-or-day.js'
import { isDay, parseInstantOrDay } from '../../lib/instant.js'

const UUID_PATTERN = '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
export const UUID = new RegExp(UUID_PATTERN)

export const instantOrDay = (description: string) =>
  Type.String({ format: INSTANT_OR_DAY.format, maxLength: 40, description })

/** The parameters of every list. */
export const listParameters = {
  limit: Type.Integer({ minimum: 1, maximum: 500, default: 50, description: 'The maximum number of rows of a page.' }),
  cursor: Type.Optional(
    Type.String({
      maxLength: 1000,
      description: 'The `nextCursor` of the previous page. The filter must be the same as for that page.'
    })
  ),
  since: Type.Optional(
    instantOrDay(
      'The start of the interval, inclusive: an RFC 3339 instant, or a day (2026-11-23), which stands for its start ' +
        'in the time zone of the account.'
    )
  ),
  until: Type.Optional(instantOrDay('The end of the interval, exclusive: an instant or a day, like `since`.'))
}

/** The parameter of resources that can be reconstructed for an instant in the past. */
export const asOfParameter = Type.Optional(
  instantOrDay('Show the state at this RFC 3339 instant, or at the start of this day.')
)

/** A parameter that may be repeated. A row matches when it matches any of the values. */
export const listOf = <T extends Type.TSchema>(item: T, description: string) =>
  Type.Optional(Type.Array(item, { maxItems: 50, description }))

export const accountParameter = Type.String({
  pattern: ACCOUNT_PATTERN,
  description: 'A MightyCall account. It is needed when the id exists in several accounts.'
})
export const accountsParameter = listOf(
  Type.String({ pattern: ACCOUNT_PATTERN }),
  'MightyCall accounts. All visible accounts when omitted.'
)
export const nameParameter = Type.String({ minLength: 1, maxLength: 100 })
export const extensionsParameter = listOf(nameParameter, 'Extensions.')

/** The parameters of every list of things that a client and a business number have exchanged. */
export const partyParameters = {
  since: listParameters.since,
  until: listParameters.until,
  account: accountsParameter,
  businessNumber: listOf(nameParameter, 'Business numbers, in any format.'),
  client: listOf(nameParameter, 'Phone numbers of clients, in any format.')
}

/**
 * Reads an instant, or the start of a day in the time zone of the requested accounts.
 *
 * @param zones  the time zones of the requested accounts
 * @throws InvalidParameterError  the text is neither RFC 3339 nor a date, or the day begins at different instants in
 *   these time zones
 */
export function readInstantOrDay(name: string, text: string | undefined, zones: readonly string[]): Date | null {
  if (text === undefined) return null
  // Without accounts there is no zone.
  const [millis = parseInstantOrDay(text), ...others] = isDay(text)
    ? new Set(zones.map(zone => parseInstantOrDay(text, zone)))
    : []
  if (millis === null || others.includes(null))
    throw new InvalidParameterError(
      `${name} must be an instant like 2026-11-23T08:00:00Z or a day like 2026-11-23, of the years 1 to 9999 in UTC`
    )
  if (others.length > 0)
    throw new InvalidParameterError(
      `${name} begins at different instants in the time zones of the accounts: name one account, or send an instant`
    )
  return new Date(millis)
}
