import type pg from 'pg'
import type { Test } from 'tap'
import type { ContactReported, ExtensionReported, NumberReported } from '../../src/events/directory.js'
import type { Event } from '../../src/events/event.js'
import { randomId } from '../../src/events/identity.js'
import type { MessageReported } from '../../src/events/message.js'
import type { VoicemailReported } from '../../src/events/voicemail.js'
import { at } from './facts.js'
import { history } from './history.js'
import { projector } from './projection.js'
import { ADMIN_API_KEY, type QueryApiOptions, queryApi } from './query-api.js'

export const ORGS = ['a', 'b'] as const
export type Org = (typeof ORGS)[number]

/** A number that belongs to organization b until MOVED_AT, and to a from then on. */
export const MOVED_NUMBER = '+15550300003'
const MOVED_AT = 10_000
const OWN_NUMBER = { a: '+15550100001', b: '+15550200002' }
const EXTENSION = { a: '4101', b: '4202' }
const NAMES = { a: 'Ada Aarons', b: 'Berta Bloom' }

/** The ids that exist in one organization only, by kind. */
export const IDS_OF_ORG: Record<Org, Record<string, readonly string[]>> = {
  a: { id: ['a-call-1', 'a-call-2', 'a-voicemail-1', 'a-message-1'], extension: [EXTENSION.a], number: [OWN_NUMBER.a] },
  b: { id: ['b-call-1', 'b-call-2', 'b-voicemail-1', 'b-message-1'], extension: [EXTENSION.b], number: [OWN_NUMBER.b] }
}

/** Returns the number of a client who has contacted only this organization. */
export const clientNumberOf = (org: Org, n: number) => `+1555${org === 'a' ? 71 : 82}0000${n}`

/**
 * Sets up two organizations of one account, with rows in every read model, keys for both, and a number that has moved
 * from b to a.
 */
export async function setUpOrganizations(t: Test, options: QueryApiOptions = {}) {
  const { pool, project } = await projector(t)
  const events = ORGS.flatMap(eventsOf)
  await project(events)
  const api = await queryApi(t, pool, () => new Date(at(40_000)), options)
  const createOrganization = async (name: string) =>
    (await api.post('/v1/organizations', { account: 'default', name })).json<{ id: string }>().id
  const ids = {
    a: await createOrganization('Organization of Ada'),
    b: await createOrganization('Organization of Berta')
  }
  const assign = (org: Org, number: string, from: number, until?: number) =>
    api.post(`/v1/organizations/${ids[org]}/numbers`, {
      number,
      from: at(from),
      ...(until !== undefined && { until: at(until) })
    })
  for (const org of ORGS) await assign(org, OWN_NUMBER[org], org === 'a' ? -200 : -100)
  await assign('b', MOVED_NUMBER, -300, MOVED_AT)
  await assign('a', MOVED_NUMBER, MOVED_AT)
  const createKey = async (org: Org, role: string) =>
    (
      await api.post('/v1/keys', {
        label: `${role} of ${NAMES[org]}`,
        role,
        account: 'default',
        organization: ids[org]
      })
    ).json<{ key: string }>().key
  const keys = {
    a: [await createKey('a', 'viewer'), await createKey('a', 'org_admin')],
    b: [await createKey('b', 'viewer'), await createKey('b', 'org_admin')]
  }
  return { ...api, pool, organizations: ids, keys, adminKey: ADMIN_API_KEY, secrets: await secretsOf(pool, ids) }
}

function eventsOf(org: Org): Event[] {
  const offset = org === 'a' ? 20_000 : 1_000
  const call = (n: number, to: string) => {
    const start = offset + n * 100
    const agent = EXTENSION[org]
    return history(
      `IncomingCall@${start} > IncomingCallRinging(${agent})@${start + 7} > ` +
        `IncomingCallConnected(${agent})@${start + 17} > IncomingCallCompleted@${start + 57}`,
      { id: `${org}-call-${n}`, from: clientNumberOf(org, n), to }
    )
  }
  const factFields = (seconds: number) => ({
    id: randomId(),
    account: 'default',
    occurredAt: at(offset + seconds),
    receivedAt: at(offset + seconds),
    source: 'rest' as const,
    raw: {}
  })
  const parties = (n: number, businessNumber: string) => ({
    businessNumber,
    clientNumber: clientNumberOf(org, n),
    clientName: `Client ${n} of ${NAMES[org]}`
  })
  const voicemail = (n: number, number: string): VoicemailReported => ({
    ...factFields(500 + n),
    type: 'voicemail.reported',
    route: 'voicemails',
    voicemailId: `${org}-voicemail-${n}`,
    callId: null,
    ...parties(n + 2, number),
    leftAt: at(offset + 480 + n),
    durationSeconds: 11,
    assignedTo: null,
    read: false,
    transcriptState: 'ready',
    transcriptText: `voicemail ${n} for ${NAMES[org]}`,
    recordingId: `${org}-recording-${n}`,
    recordingLink: null,
    removedAt: null
  })
  const message = (n: number, number: string): MessageReported => ({
    ...factFields(600 + n),
    type: 'message.reported',
    route: 'journal',
    messageId: `${org}-message-${n}`,
    direction: 'inbound',
    ...parties(n + 4, number),
    extension: EXTENSION[org],
    text: `text ${n} to ${NAMES[org]}`,
    attachments: [{ fileName: `${org}-photo-${n}.jpg`, sizeBytes: 1, contentType: 'image/jpeg' }],
    sentAt: at(offset + 580 + n),
    delivery: null,
    read: false,
    removedAt: null
  })
  const number: NumberReported = {
    ...factFields(1),
    type: 'number.reported',
    route: 'numbers',
    number: OWN_NUMBER[org],
    externalId: `${org}-number`,
    label: `Line of ${NAMES[org]}`,
    enabled: true,
    smsEnabled: true
  }
  const extension: ExtensionReported = {
    ...factFields(2),
    type: 'extension.reported',
    route: 'profile',
    extension: EXTENSION[org],
    name: NAMES[org],
    email: `${org}@example.com`,
    role: 'user',
    externalId: `${org}-user`
  }
  const contact: ContactReported = {
    ...factFields(3),
    type: 'contact.reported',
    route: 'contacts',
    contactId: `${org}-contact`,
    name: `Contact of ${NAMES[org]}`,
    channels: [{ id: `${org}-channel`, kind: 'phone', value: clientNumberOf(org, 1), labels: [] }],
    tags: [`${org}-tag-of-contact`]
  }
  return [
    ...call(1, OWN_NUMBER[org]),
    ...call(2, MOVED_NUMBER),
    voicemail(1, OWN_NUMBER[org]),
    voicemail(2, MOVED_NUMBER),
    message(1, OWN_NUMBER[org]),
    message(2, MOVED_NUMBER),
    number,
    extension,
    contact
  ]
}

const TABLES = [
  'events',
  'call_history',
  'call_legs',
  'voicemail_logs',
  'sms_logs',
  'phone_numbers',
  'mightycall_extensions',
  'contacts',
  'organizations',
  'number_ownerships',
  'api_keys'
]

/** Returns the strings that occur only in rows of one organization, for each of them. */
async function secretsOf(pool: pg.Pool, organizations: Record<Org, string>): Promise<Record<Org, string[]>> {
  const values: Record<Org, Set<string>> = { a: new Set(), b: new Set() }
  for (const table of TABLES) {
    const { rows } = await pool.query<{ row: object }>(`select to_jsonb(x) as row from ${table} x`)
    for (const { row } of rows) {
      const text = JSON.stringify(row)
      for (const org of ORGS)
        if (text.includes(`"${org}-`) || text.includes(organizations[org]))
          for (const value of stringsIn(row)) values[org].add(value)
    }
  }
  return {
    a: [...values.a].filter(value => !values.b.has(value)),
    b: [...values.b].filter(value => !values.a.has(value))
  }
}

/** Returns every string in a JSON value. Instants are formatted as the API formats them. */
export function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [/^\d{4}-\d\d-\d\dT/.test(value) ? new Date(value).toISOString() : value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : []
}
