import type { CallReported } from '../../../events/call.js'
import { expiringLink, type Row, withOffset } from '../wire.js'
import type { World } from './world.js'

const STATUS = {
  connected: 'Connected',
  voicemail: 'VoiceMail',
  dropped: 'Dropped',
  canceled: 'Canceled',
  'no-answer': 'Missed',
  missed: 'Missed'
} as const

/** Returns the calls that `/calls` lists at an instant, newest first. A call appears some minutes after its end. */
export function visibleCalls({ history }: World, now: number): CallReported[] {
  return history.calls
    .snapshotAt(now)
    .sort((a, b) => compare(b.startedAt ?? '', a.startedAt ?? '') || compare(a.callId, b.callId))
}

/**
 * A call as `/calls` formats it: without the times of its end and its answer. A callback is an outgoing call whose
 * caller is the client; only the journal names it a callback.
 */
export function callRow({ seed }: World, call: CallReported, now: number): Row {
  const {
    callId,
    businessNumber,
    clientNumber,
    clientName,
    startedAt,
    durationSeconds,
    direction,
    status,
    parties,
    recordingId,
    recordingLink
  } = call
  const people = parties.map(({ extension, name, role, connected, first }) => ({
    role,
    row: { isConnected: connected, isFirstConnected: first, ...(name !== null && { name }), extension }
  }))
  const client =
    direction === 'internal'
      ? null
      : { ...(clientName !== null && { name: clientName }), ...(clientNumber !== null && { phone: clientNumber }) }
  const caller = people.find(({ role }) => role === 'caller')?.row ?? null
  const called = people.filter(({ row }) => row !== caller).map(({ row }) => row)
  return {
    id: callId,
    caller: caller === null ? (client ?? {}) : { name: caller.name, extension: caller.extension },
    called:
      caller === null || client === null
        ? called
        : [{ isConnected: status === 'connected', isFirstConnected: status === 'connected', ...client }, ...called],
    businessNumber,
    dateTimeUtc: withOffset(startedAt ?? ''),
    duration: String(Math.round((durationSeconds ?? 0) * 1000)),
    direction: direction === 'inbound' ? 'Incoming' : 'Outgoing',
    ...(status !== null && { callStatus: STATUS[status] }),
    ...(recordingLink !== null && {
      callRecord: { fileName: `records/${callId}.mp3`, uri: expiringLink(recordingLink, { recordingId, seed, now }) }
    })
  }
}

export const CALL_FILTERS = [
  'Incoming',
  'Outgoing',
  'InOutgoing',
  'Connected',
  'Missed',
  'Canceled',
  'Dropped',
  'Voicemail',
  'InternalOnly',
  'CallbackWidget'
] as const
export type CallFilter = (typeof CALL_FILTERS)[number]

/** Filters of one kind are alternatives, and both kinds must match. How filters combine is not documented. */
export function isCallWanted(call: CallReported, filters: readonly CallFilter[]): boolean {
  const status = call.status === null ? null : STATUS[call.status].toLowerCase()
  const ofStatus = filters.filter(filter =>
    Object.values(STATUS).some(known => known.toLowerCase() === filter.toLowerCase())
  )
  const ofDirection = filters.filter(filter => !ofStatus.includes(filter))
  return (
    (ofStatus.length === 0 || ofStatus.some(filter => filter.toLowerCase() === status)) &&
    (ofDirection.length === 0 || ofDirection.some(filter => isOfDirection(call.direction, filter)))
  )
}

function isOfDirection(direction: CallReported['direction'], filter: CallFilter): boolean {
  switch (filter) {
    case 'Incoming':
      return direction === 'inbound'
    case 'Outgoing':
      return direction !== 'inbound'
    case 'InOutgoing':
      return direction !== 'internal'
    case 'InternalOnly':
      return direction === 'internal'
    case 'CallbackWidget':
      return direction === 'callback'
    case 'Connected':
    case 'Missed':
    case 'Canceled':
    case 'Dropped':
    case 'Voicemail':
      return false
    default:
      return filter satisfies never
  }
}

function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
