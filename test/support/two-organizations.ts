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
import { API_KEY, type QueryApiOptions, queryApi } from './query-api.js'

export const SIDES = ['a', 'b'] as const
export type Side = (typeof SIDES)[number]

/** Its calls are b's until MOVED_AT, and a's from then on. */
export const MOVED = '+15550300003'
const MOVED_AT = 10_000
const OWN = { a: '+15550100001', b: '+15550200002' }
const EXTENSION = { a: '4101', b: '4202' }
const NAMES = { a: 'Ada Aarons', b: 'Berta Bloom' }

/** Everything that an organization has one of, by the ids that only it has. */
export const IDS: Record<Side, Record<string, readonly string[]>> = {
  a: { id: ['a-call-1', 'a-call-2', 'a-voicemail-1', 'a-message-1'], extension: [EXTENSION.a], number: [OWN.a] },
  b: { id: ['b-call-1', 'b-call-2', 'b-voicemail-1', 'b-message-1'], extension: [EXTENSION.b], number: [OWN.b] }
}

/** A number of a client, of which only this organization has heard. */
export const clientOf = (side: Side, n: number) => `+1555${side === 'a' ? 71 : 82}0000${n}`

/**
 * Two organizations of one account, each with all that a read model is made of, and a number that has moved from b to
 * a; with keys for both.
 */
export async function twoOrganizations(t: Test, options: QueryApiOptions = {}) {
  const { pool, project } = await projector(t)
  const events = SIDES.flatMap(eventsOf)
  await project(events)
  const calls = await queryApi(t, pool, () => new Date(at(40_000)), options)
  const make = async (name: string) =>
    (await calls.post('/v1/organizations', { account: 'default', name })).json<{ id: string }>().id
  const ids = { a: await make('Organization of Ada'), b: await make('Organization of Berta') }
  const give = (side: Side, number: string, from: number, until?: number) =>
    calls.post(`/v1/organizations/${ids[side]}/numbers`, {
      number,
      from: at(from),
      ...(until !== undefined && { until: at(until) })
    })
  for (const side of SIDES) await give(side, OWN[side], side === 'a' ? -200 : -100)
  await give('b', MOVED, -300, MOVED_AT)
  await give('a', MOVED, MOVED_AT)
  const key = async (side: Side, role: string) =>
    (
      await calls.post('/v1/keys', {
        label: `${role} of ${NAMES[side]}`,
        role,
        account: 'default',
        organization: ids[side]
      })
    ).json<{ key: string }>().key
  const keys = {
    a: [await key('a', 'viewer'), await key('a', 'org_admin')],
    b: [await key('b', 'viewer'), await key('b', 'org_admin')]
  }
  return { ...calls, pool, organizations: ids, keys, adminKey: API_KEY, secrets: await secretsOf(pool, ids) }
}

function eventsOf(side: Side): Event[] {
  const offset = side === 'a' ? 20_000 : 1_000
  const call = (n: number, to: string) =>
    history(
      `IncomingCall@${offset + n * 100} > IncomingCallRinging(${EXTENSION[side]})@${offset + n * 100 + 7} > IncomingCallConnected(${EXTENSION[side]})@${offset + n * 100 + 17} > IncomingCallCompleted@${offset + n * 100 + 57}`,
      { id: `${side}-call-${n}`, from: clientOf(side, n), to }
    )
  const told = (seconds: number) => ({
    id: randomId(),
    account: 'default',
    occurredAt: at(offset + seconds),
    receivedAt: at(offset + seconds),
    source: 'rest' as const,
    raw: {}
  })
  const parties = (n: number, businessNumber: string) => ({
    businessNumber,
    clientNumber: clientOf(side, n),
    clientName: `Client ${n} of ${NAMES[side]}`
  })
  const voicemail = (n: number, number: string): VoicemailReported => ({
    ...told(500 + n),
    type: 'voicemail.reported',
    route: 'voicemails',
    voicemailId: `${side}-voicemail-${n}`,
    callId: null,
    ...parties(n + 2, number),
    leftAt: at(offset + 480 + n),
    durationSeconds: 11,
    assignedTo: null,
    read: false,
    transcriptState: 'ready',
    transcriptText: `voicemail ${n} for ${NAMES[side]}`,
    recordingId: `${side}-recording-${n}`,
    recordingLink: null,
    removedAt: null
  })
  const message = (n: number, number: string): MessageReported => ({
    ...told(600 + n),
    type: 'message.reported',
    route: 'journal',
    messageId: `${side}-message-${n}`,
    direction: 'inbound',
    ...parties(n + 4, number),
    extension: EXTENSION[side],
    text: `text ${n} to ${NAMES[side]}`,
    attachments: [{ fileName: `${side}-photo-${n}.jpg`, sizeBytes: 1, contentType: 'image/jpeg' }],
    sentAt: at(offset + 580 + n),
    delivery: null,
    read: false,
    removedAt: null
  })
  const number: NumberReported = {
    ...told(1),
    type: 'number.reported',
    route: 'numbers',
    number: OWN[side],
    externalId: `${side}-number`,
    label: `Line of ${NAMES[side]}`,
    enabled: true,
    smsEnabled: true
  }
  const extension: ExtensionReported = {
    ...told(2),
    type: 'extension.reported',
    route: 'profile',
    extension: EXTENSION[side],
    name: NAMES[side],
    email: `${side}@example.com`,
    role: 'user',
    externalId: `${side}-user`
  }
  const contact: ContactReported = {
    ...told(3),
    type: 'contact.reported',
    route: 'contacts',
    contactId: `${side}-contact`,
    name: `Contact of ${NAMES[side]}`,
    channels: [{ id: `${side}-channel`, kind: 'phone', value: clientOf(side, 1), labels: [] }],
    tags: [`${side}-tag-of-contact`]
  }
  return [
    ...call(1, OWN[side]),
    ...call(2, MOVED),
    voicemail(1, OWN[side]),
    voicemail(2, MOVED),
    message(1, OWN[side]),
    message(2, MOVED),
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

/** What stands in rows of this organization, and in none of the other's. */
async function secretsOf(pool: pg.Pool, organizations: Record<Side, string>): Promise<Record<Side, string[]>> {
  const values: Record<Side, Set<string>> = { a: new Set(), b: new Set() }
  for (const table of TABLES) {
    const { rows } = await pool.query<{ row: object }>(`select to_jsonb(x) as row from ${table} x`)
    for (const { row } of rows) {
      const text = JSON.stringify(row)
      for (const side of SIDES)
        if (text.includes(`"${side}-`) || text.includes(organizations[side]))
          for (const value of stringsIn(row)) values[side].add(value)
    }
  }
  return {
    a: [...values.a].filter(value => !values.b.has(value)),
    b: [...values.b].filter(value => !values.a.has(value))
  }
}

/** Every text of a JSON value; instants as the API writes them. */
export function stringsIn(value: unknown): string[] {
  if (typeof value === 'string') return [/^\d{4}-\d\d-\d\dT/.test(value) ? new Date(value).toISOString() : value]
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(stringsIn) : []
}
