import t, { type Test } from 'tap'
import { HOUR_MS } from '../../../src/lib/instant.js'
import { calls } from '../../../src/mightycall/rest/routes/calls.js'
import { contacts } from '../../../src/mightycall/rest/routes/contacts.js'
import { journal } from '../../../src/mightycall/rest/routes/journal.js'
import { phoneNumbers } from '../../../src/mightycall/rest/routes/phone-numbers.js'
import { profileOf } from '../../../src/mightycall/rest/routes/profile.js'
import { team } from '../../../src/mightycall/rest/routes/team.js'
import { voicemails } from '../../../src/mightycall/rest/routes/voicemails.js'
import { parseRecordingLink } from '../../../src/mightycall/webhook/recording.js'
import type { TrueCall } from '../../../src/simulator/true-call.js'
import type { TrueContact, TrueMessage, TrueNumber, TrueVoicemail } from '../../../src/simulator/truth.js'
import { COMPANY_START } from '../../support/company.js'
import { simulatedRest } from '../../support/simulated-mightycall.js'

type CallAtTheEnd = TrueCall & TrueCall['withRest'] & { shownAt: number }

const ALL_TIME = {
  startUtc: new Date(COMPANY_START),
  endUtc: new Date(COMPANY_START + 30 * 24 * HOUR_MS),
  pageSize: 1000
}
const of = { seed: 11, calls: 300, messages: 100 }
const nameOf = (person: { firstName?: string | null; lastName?: string | null } | undefined) =>
  [person?.firstName, person?.lastName].filter(Boolean).join(' ') || null

/** Starts a company and reads its calls and journal by REST. */
async function simulatedCompany(t: Test, family: 'classic' | 'contact-center') {
  const { client, truth } = await simulatedRest(t, { companyOptions: { ...of, family } })
  const {
    body: { calls: rows }
  } = await client.send(calls, { query: ALL_TIME }, 'sync')
  const {
    body: { requests }
  } = await client.send(journal, { query: { pageSize: 1000, resolveContacts: true, showUsers: true } }, 'sync')
  return { client, truth: truth(), rows: new Map(rows.map(row => [row.id, row])), requests }
}

for (const family of ['classic', 'contact-center'] as const) {
  t.test(`at the end REST reports each call of a ${family} account correctly`, async t => {
    const { truth, rows, requests } = await simulatedCompany(t, family)
    const byGuid = new Map(requests.map(request => [request.requestGuid, request]))
    t.equal(rows.size, of.calls)
    for (const call of truth.calls as unknown as CallAtTheEnd[]) {
      const row = rows.get(call.id)
      const request = byGuid.get(call.id)
      const client = [row?.caller, ...(row?.called ?? [])].find(party => !party?.extension)
      t.strictSame(
        {
          number: row?.businessNumber,
          start: row?.dateTimeUtc,
          seconds: row?.duration,
          link: parseRecordingLink(row?.callRecord?.uri),
          extensions: new Set([row?.caller, ...(row?.called ?? [])].flatMap(party => party?.extension ?? [])),
          client: [client?.phone ?? null, client?.name ?? null],
          answered: row?.callStatus === 'Connected'
        },
        {
          number: call.businessNumber,
          start: new Date(call.startedAt),
          seconds: (call.endedAt - call.startedAt) / 1000,
          link: call.recordingLink,
          extensions: new Set(call.legs.map(leg => leg.extension)),
          client: call.direction === 'internal' ? [null, null] : [call.clientNumber, call.clientName],
          answered: (call.outcome as string) === 'answered'
        },
        call.scenario
      )
      t.strictSame(
        {
          direction: request?.origin?.toLowerCase(),
          start: request?.created,
          seconds: request?.duration,
          number: request?.businessNumber?.number,
          voicemail: request?.state === 'VoiceMail',
          recording: request?.recording?.recordingId ?? null
        },
        {
          direction: call.direction,
          start: new Date(call.startedAt),
          seconds: Math.floor((call.endedAt - call.startedAt) / 1000),
          number: call.businessNumber,
          voicemail: (call.outcome as string) === 'voicemail',
          recording: call.recordingId
        },
        call.scenario
      )
    }
  })

  t.test(`at the end REST reports each voicemail and message of a ${family} account correctly`, async t => {
    const { client, truth, requests } = await simulatedCompany(t, family)
    const { body } = await client.send(voicemails, { query: ALL_TIME }, 'sync')
    const listed = new Map(body.voicemails.map(row => [row.id, row]))
    const ofCall = new Map(requests.map(request => [request.requestGuid, request]))
    t.ok(truth.voicemails.length > 5 && truth.voicemails.some(({ removedAt }) => removedAt !== null))
    for (const voicemail of truth.voicemails as unknown as TrueVoicemail[]) {
      const row = listed.get(voicemail.voicemailId)
      const { voicemail: inJournal, read } = ofCall.get(voicemail.callId) ?? {}
      t.strictSame(
        {
          text: inJournal?.text ?? null,
          read,
          seconds: inJournal?.duration,
          removedAt: inJournal?.whenRemoved?.getTime() ?? null,
          recording: inJournal?.recording?.recordingId
        },
        {
          text: voicemail.transcriptText,
          read: voicemail.read,
          seconds: voicemail.durationSeconds,
          removedAt: voicemail.removedAt,
          recording: voicemail.recordingId
        }
      )
      const { clientNumber, clientName, businessNumber, leftAt, assignedTo, recordingLink } = voicemail
      if (voicemail.removedAt !== null) t.equal(row, undefined, 'a removed voicemail is not listed')
      else
        t.strictSame(
          [
            row?.from,
            row?.to,
            row?.dateTimeUtc,
            row?.assignedTo,
            row?.voicemailStatus,
            parseRecordingLink(row?.voicemailRecord?.uri)
          ],
          [
            clientNumber ?? clientName,
            businessNumber,
            new Date(leftAt),
            assignedTo,
            voicemail.read ? 'Read' : 'UnRead',
            recordingLink
          ]
        )
    }
    const byId = new Map(requests.map(request => [request.id, request]))
    for (const message of truth.messages as unknown as TrueMessage[]) {
      const row = byId.get(message.messageId)
      t.strictSame(
        {
          text: row?.text,
          at: row?.created,
          origin: row?.origin?.toLowerCase(),
          client: row?.client?.address,
          number: row?.businessNumber?.number,
          read: row?.read,
          agent: row?.agent?.extension ?? null,
          isRemoved: row?.availability === 'NotAvailable',
          files: row?.attachments?.map(file => [file.fileName, file.fileSize]),
          failed: row?.messageDeliveryStatus === 'NotSent'
        },
        {
          text: message.text,
          at: new Date(message.sentAt),
          origin: message.direction,
          client: message.clientNumber,
          number: message.businessNumber,
          read: message.read,
          agent: message.extension,
          isRemoved: message.removedAt !== null,
          files: message.attachments.map(file => [file.fileName, file.sizeBytes]),
          failed: message.state === 'failed'
        }
      )
    }
  })

  t.test(`at the end REST reports the numbers, people and contacts of a ${family} account correctly`, async t => {
    const { client, truth } = await simulatedCompany(t, family)
    const { phoneNumbers: active, deletedPhoneNumbers } = (await client.send(phoneNumbers, {}, 'sync')).body
    const numbers = truth.numbers as unknown as (TrueNumber & { removedAt: number | null })[]
    t.strictSame(
      active.map(({ number, label, isEnabled, smsMode, objectGuid }) => [
        number,
        label,
        isEnabled,
        smsMode === 'Enabled',
        objectGuid
      ]),
      numbers
        .filter(({ removedAt }) => removedAt === null)
        .map(({ number, label, isActive, smsEnabled, externalId }) => [number, label, isActive, smsEnabled, externalId])
    )
    t.strictSame(
      deletedPhoneNumbers?.map(({ number, whenDeleted }) => [number, whenDeleted?.getTime()]),
      numbers.filter(({ removedAt }) => removedAt !== null).map(({ number, removedAt }) => [number, removedAt])
    )
    const { users } = (await client.send(team, {}, 'sync')).body
    for (const { extension, displayName, email, role, externalId } of truth.extensions) {
      const { body } = await client.send(profileOf, { path: { extension: String(extension) } }, 'sync')
      t.strictSame([nameOf(body), body.email, body.role], [displayName, email, role])
      t.equal(users.find(({ id }) => id === externalId)?.fullName, displayName)
    }
    const { body } = await client.send(contacts, { query: { updatedSince: new Date(0) } }, 'sync')
    const rows = new Map(body.contacts?.map(row => [row.contactId, row]))
    t.equal(rows.size, 12)
    for (const contact of truth.contacts as unknown as TrueContact[]) {
      const row = rows.get(contact.contactId)
      t.equal(row?.state ?? null, contact.removedAt === null ? null : 'deleted')
      t.strictSame(row?.updated, new Date(contact.updatedAt))
      if (contact.removedAt === null)
        t.strictSame(
          [nameOf(row), row?.channels?.map(channel => channel.phone ?? channel.email), row?.tags],
          [contact.name, contact.channels.map(({ value }) => value), contact.tags]
        )
    }
  })
}
