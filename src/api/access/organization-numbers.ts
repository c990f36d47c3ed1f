import type { CountryCode } from 'libphonenumber-js/min'
import Type from 'typebox'
import type { Organization, Organizations } from '../../access/organizations.js'
import type { Ownerships } from '../../access/ownerships.js'
import { actorOf, viewerOf } from '../../access/viewer.js'
import { InvalidParameterError } from '../../errors.js'
import { orNull } from '../../events/envelope.js'
import { normalizeParty } from '../../events/text.js'
import { errors } from '../../http/error-schema.js'
import { isE164 } from '../../lib/phone-number.js'
import { defineRoutes } from '../define-routes.js'
import { readInstantOrDay } from '../list/parameters.js'
import { organizationPath, ownershipShape, toOwnership } from './organizations.js'

interface OrganizationNumbersOptions {
  organizations: Organizations
  ownerships: Ownerships
  now: () => Date
  regionsOf: (accounts?: readonly string[]) => readonly CountryCode[]
  zonesOf: (accounts?: readonly string[]) => readonly string[]
}

const number = Type.String({ minLength: 1, maxLength: 100, description: 'A business number, in any format.' })
const instant = (description: string) => Type.Optional(Type.String({ maxLength: 40, description }))
const body = Type.Object(
  {
    number,
    from: instant('An instant or a day. Now when omitted.'),
    until: instant('An instant or a day. Without end when omitted.')
  },
  { additionalProperties: false }
)
const until = Type.Object(
  {
    until: instant(
      'An instant or a day. Now when omitted. An instant before the start of the period removes it altogether.'
    )
  },
  { additionalProperties: false }
)
const ended = Type.Object(
  { ownership: orNull(ownershipShape, 'The period that was ended. `null` when it was removed altogether.') },
  { $id: 'UnassignResult', description: 'What is left of the last period of ownership.' }
)

/** POST /v1/organizations/:id/numbers and DELETE /v1/organizations/:id/numbers/:number. */
export default defineRoutes<OrganizationNumbersOptions>(
  'organization-numbers',
  async (app, { organizations, ownerships, now, regionsOf, zonesOf }) => {
    const tags = ['access']

    app.post(
      '/v1/organizations/:id/numbers',
      {
        schema: {
          tags,
          operationId: 'assignNumber',
          summary: 'Assign a business number to an organization for a period',
          params: organizationPath,
          body,
          response: { 201: ownershipShape, ...errors(400, 404, 409) },
          description:
            'Calls, voicemails and messages belong to the organization that owns the number when they begin, ' +
            'permanently. To move a number, end its period at one organization and assign it to the other at the ' +
            'same instant.'
        }
      },
      async (request, reply) => {
        const organization = await organizations.find(viewerOf(request), request.params.id)
        const { from, until } = request.body
        const zones = zonesOf([organization.account])
        const span = {
          number: read(request.body.number, organization),
          from: readInstantOrDay('from', from, zones) ?? now(),
          until: readInstantOrDay('until', until, zones)
        }
        return reply.code(201).send(toOwnership(await ownerships.add(organization, span, actorOf(request))))
      }
    )

    app.delete(
      '/v1/organizations/:id/numbers/:number',
      {
        schema: {
          tags,
          operationId: 'unassignNumber',
          summary: 'End the last period in which the organization owns the number',
          params: Type.Object({ ...organizationPath.properties, number }),
          querystring: until,
          response: { 200: ended, ...errors(400, 404) }
        }
      },
      async request => {
        const organization = await organizations.find(viewerOf(request), request.params.id)
        const ownership = await ownerships.end(
          organization,
          read(request.params.number, organization),
          readInstantOrDay('until', request.query.until, zonesOf([organization.account])) ?? now(),
          actorOf(request)
        )
        return { ownership: ownership && toOwnership(ownership) }
      }
    )

    function read(text: string, { account }: Organization): string {
      const [region = 'US'] = regionsOf([account])
      const party = normalizeParty(text, region)
      if (party === null || !isE164(party)) throw new InvalidParameterError('number must be a telephone number')
      return party
    }
  }
)
