import Type from 'typebox'
import { channel, contact, knownContact, newChannel, newContact } from './contact.js'
import {
  asJson,
  asText,
  CENTER,
  CLASSIC,
  closed,
  type Definition,
  etag,
  guid,
  integer,
  nullish,
  objectId,
  one,
  repeated,
  succeeded,
  text,
  withMessage
} from './definition.js'
import { coded, malformedFilter } from './general.js'

const pages = { contacts: Type.Array(contact), pages: integer, records: integer, currentPage: integer }
const texts = repeated(text)
const query = {
  agentId: one(guid),
  page: one(asText.positive),
  pageSize: one(asText.positive),
  all: texts,
  name: texts,
  phone: texts,
  email: texts,
  label: texts,
  tag: texts,
  comment: texts,
  updatedSince: one(asText.utc),
  includeAuto: one(asText.flag)
}
const change = { etag: one(etag), checkIntersection: one(asText.flag) }
const withEtag = { etag: one(etag) }

const coded400 = coded(
  'ContactDataMalformed',
  'ContactIdIsNotEmpty',
  'ChannelIdIsNotEmpty',
  'ContactIdHasInvalidFormat',
  'ChannelIdHasInvalidFormat'
)
const badChannel = closed({
  data: Type.Array(closed({ errorCode: text, attemptedValue: text })),
  errorCode: Type.Literal('ChannelDataMalformed'),
  message: text
})
const limits = coded('ContactsLimitExceeded', 'EmailLimitExceeded', 'PhoneNumbersLimitExceeded')
const missing = coded('ContactIsNotFound')
const intersection = closed({
  data: Type.Array(contact),
  errorCode: Type.Literal('ContactRecordsIntersection'),
  message: text
})
const modified = closed({ data: contact, errorCode: Type.Literal('ContactWasModified'), message: text })
const changed = { 400: coded400, 403: limits, 404: missing, 409: intersection, 412: modified }
const channelChanged = { ...changed, 400: Type.Union([coded400, badChannel]) }

const oneContact = closed({ contacts: Type.Array(contact, { minItems: 1, maxItems: 1 }) })
const ofContact = { contactId: objectId }
const ofChannel = { contactId: objectId, channelId: guid }
const event = closed({ eventType: integer, createdContacts: nullish(Type.Array(contact)) })
const channelResponse = closed({ channel, etag, contactOperationEvent: nullish(event) })

/** The responses of a contact center to changes are not documented, except for deletions. */
const undocumented = Type.Object({})

function channels(
  prefix: string,
  kinds: Definition['kinds'],
  parameters: NonNullable<Definition['query']>
): Definition[] {
  const path = `/api${prefix}/contacts/{contactId}/channels`
  return [
    {
      method: 'POST',
      path,
      pathParameters: ofContact,
      kinds,
      query: parameters,
      body: asJson(newChannel),
      responses: { 201: withMessage(channelResponse, 'Created'), ...channelChanged }
    },
    {
      method: 'PUT',
      path: `${path}/{channelId}`,
      pathParameters: ofChannel,
      kinds,
      query: parameters,
      body: asJson(newChannel),
      responses: { 200: withMessage(channelResponse, 'Updated'), ...channelChanged }
    },
    {
      method: 'DELETE',
      path: `${path}/{channelId}`,
      pathParameters: ofChannel,
      kinds,
      query: withEtag,
      responses: { 200: closed({ message: Type.Literal('Deleted') }), 400: coded400, 404: missing, 412: modified }
    }
  ]
}

export const CONTACTS: readonly Definition[] = [
  {
    method: 'GET',
    path: '/api/contacts',
    kinds: CLASSIC,
    query,
    responses: { 200: closed({ data: closed(pages) }), 400: malformedFilter }
  },
  {
    method: 'POST',
    path: '/api/contacts',
    kinds: CLASSIC,
    query: { checkIntersection: one(asText.flag) },
    body: asJson(newContact),
    responses: { 201: withMessage(contact, 'Created'), 400: coded400, 403: limits, 409: intersection }
  },
  {
    method: 'GET',
    path: '/api/contacts/{contactId}',
    pathParameters: ofContact,
    kinds: CLASSIC,
    responses: { 200: closed({ data: oneContact }), 400: coded400, 404: missing }
  },
  {
    method: 'PUT',
    path: '/api/contacts/{contactId}',
    pathParameters: ofContact,
    kinds: CLASSIC,
    query: change,
    body: asJson(knownContact),
    responses: { 200: withMessage(contact, 'Updated'), ...changed }
  },
  {
    method: 'PATCH',
    path: '/api/contacts/{contactId}',
    pathParameters: ofContact,
    kinds: CLASSIC,
    query: change,
    body: asJson(knownContact),
    responses: { 200: withMessage(contact, 'Updated'), ...changed }
  },
  {
    method: 'DELETE',
    path: '/api/contacts/{contactId}',
    pathParameters: ofContact,
    kinds: CLASSIC,
    query: withEtag,
    responses: { 200: withMessage(oneContact, 'Deleted'), 400: coded400, 404: missing, 412: modified }
  },
  ...channels('', CLASSIC, change),
  {
    method: 'GET',
    path: '/api/contactCenter/contacts',
    kinds: CENTER,
    query,
    responses: {
      200: succeeded(closed({ ...pages, status: Type.Literal('Success'), errorInfo: nullish(text) })),
      400: malformedFilter
    }
  },
  {
    method: 'POST',
    path: '/api/contactCenter/contacts',
    kinds: CENTER,
    body: asJson(closed({ firstName: nullish(text), lastName: nullish(text), initialPhoneNumber: nullish(text) })),
    responses: { 200: undocumented, 400: coded400 }
  },
  {
    method: 'PATCH',
    path: '/api/contactCenter/contacts/{contactId}',
    pathParameters: ofContact,
    kinds: CENTER,
    query: withEtag,
    body: asJson(knownContact),
    responses: { 200: undocumented, 400: coded400, 404: missing, 412: modified }
  },
  {
    method: 'DELETE',
    path: '/api/contactCenter/contacts/{contactId}',
    pathParameters: ofContact,
    kinds: CENTER,
    responses: {
      200: closed({ data: closed({ eventType: integer, deletedContactIds: Type.Array(objectId) }) }),
      400: coded400,
      403: coded('AccessDenied'),
      404: missing
    }
  },
  ...channels('/contactCenter', CENTER, withEtag),
  {
    method: 'PATCH',
    path: '/api/contactCenter/contacts/{contactId}/channels/{channelId}',
    pathParameters: ofChannel,
    kinds: CENTER,
    body: asJson(newChannel),
    responses: { 200: withMessage(channelResponse, 'Updated'), ...channelChanged }
  }
]
