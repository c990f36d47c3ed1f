import { type CallReported, REPORTED_STATUSES } from '../../../events/call.js'
import type { Folded } from '../../../events/event.js'
import { isMissing } from '../../../events/external-id.js'
import { firstKnown, newestOfRoutes } from '../facts.js'

type Report = Folded<CallReported>

/** The reports of all REST routes about a call, merged. Instants are milliseconds since 1970. */
export interface MergedReport {
  direction: Report['direction']
  status: Report['status']
  businessNumber: string | null
  clientNumber: string | null
  clientName: string | null
  /** The ring group or queue. */
  groupId: string | null
  /** The time of the report when the start is not reported. */
  startedAt: number
  isStartReported: boolean
  /** `null` when the call has not ended or its end is not reported. */
  endedAt: number | null
  parties: Report['parties']
  recordingId: string | null
  recordingLink: string | null
  /** `null` when there is no recording or its length is not reported. */
  recordingSeconds: number | null
}

/** Merges the newest report of each route; `calls` takes precedence over the journal. `null` when there are none. */
export function mergeReports(events: readonly Report[]): MergedReport | null {
  const reports = newestOfRoutes(events, ['calls', 'journal'])
  const [first] = reports
  if (!first) return null
  const start = firstKnown(reports, report => report.startedAt)
  const startedAt = Date.parse(start ?? first.occurredAt)
  const durationSeconds = firstKnown(reports, report => report.durationSeconds)
  return {
    // A route may report a callback as inbound or outbound.
    direction: reports.some(report => report.direction === 'callback')
      ? 'callback'
      : firstKnown(reports, report => report.direction),
    // The most specific status: the journal reports a voicemail where the calls route may report a missed call.
    status: REPORTED_STATUSES.find(status => reports.some(report => report.status === status)) ?? null,
    businessNumber: firstKnown(reports, report => report.businessNumber),
    clientNumber: firstKnown(reports, report => report.clientNumber),
    clientName: firstKnown(reports, report => report.clientName),
    groupId: firstKnown(reports, report => report.groupId ?? null),
    startedAt,
    isStartReported: start !== null,
    endedAt: durationSeconds === null ? null : startedAt + Math.round(durationSeconds * 1000),
    parties: partiesIn(reports),
    recordingId: firstKnown(reports, report => report.recordingId),
    recordingLink: firstKnown(reports, report => report.recordingLink),
    recordingSeconds: firstKnown(reports, report => report.recordingSeconds)
  }
}

/** The parties of the first route that has any. Older versions took 0 for an extension. */
function partiesIn(reports: readonly Report[]): Report['parties'] {
  const parties = reports.find(report => report.parties.length > 0)?.parties ?? []
  return parties.filter(({ extension }) => !isMissing(extension))
}
