import { type CallReported, REPORTED_STATUSES } from '../../../events/call.js'
import type { Folded } from '../../../events/event.js'
import { firstKnown, newestOfRoutes } from '../facts.js'

type Report = Folded<CallReported>

/** What the routes of the REST API say of a call together; times in milliseconds since 1970. */
export interface Reported {
  direction: Report['direction']
  status: Report['status']
  businessNumber: string | null
  clientNumber: string | null
  clientName: string | null
  /** When it is not said: when we asked. */
  startedAt: number
  /** Null: not ended, or not said. */
  endedAt: number | null
  parties: Report['parties']
  recordingId: string | null
  recordingLink: string | null
  /** Null: there is none, or it is not said. */
  recordingSeconds: number | null
}

/** The newest report of each route, `calls` first: what it does not know, the journal may. Null without any. */
export function mergeReports(events: readonly Report[]): Reported | null {
  const reports = newestOfRoutes(events, ['calls', 'journal'])
  const [first] = reports
  if (!first) return null
  const startedAt = Date.parse(firstKnown(reports, report => report.startedAt) ?? first.occurredAt)
  const durationSeconds = firstKnown(reports, report => report.durationSeconds)
  return {
    // Only the journal tells a callback: for the calls route it came in, or went out.
    direction: reports.some(report => report.direction === 'callback')
      ? 'callback'
      : firstKnown(reports, report => report.direction),
    // The most telling one: a journal says voicemail where calls may say missed.
    status: REPORTED_STATUSES.find(status => reports.some(report => report.status === status)) ?? null,
    businessNumber: firstKnown(reports, report => report.businessNumber),
    clientNumber: firstKnown(reports, report => report.clientNumber),
    clientName: firstKnown(reports, report => report.clientName),
    startedAt,
    endedAt: durationSeconds === null ? null : startedAt + Math.round(durationSeconds * 1000),
    parties: reports.find(report => report.parties.length > 0)?.parties ?? [],
    recordingId: firstKnown(reports, report => report.recordingId),
    recordingLink: firstKnown(reports, report => report.recordingLink),
    recordingSeconds: firstKnown(reports, report => report.recordingSeconds)
  }
}
