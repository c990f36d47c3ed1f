import { journal } from '../../../mightycall/rest/routes/journal.js'
import type { Finding, Page, Reader } from '../../route-reader.js'
import { agentFinding } from '../extensions.js'
import { pageAt, walk } from '../paginate.js'
import { ask, listed, pageSizeOf, type TellingRow } from '../request.js'
import { agentsOf, journalCall } from './calls.js'
import { messageFinding } from './messages.js'
import { type JournalRow, kindOf } from './rows.js'

/**
 * A row holds the client's contacts, which may be long: with the maximum of 1000, an answer could be more than the
 * client takes, each time.
 */
const ROWS = 250

/**
 * What was created in the interval: calls, voicemails, messages, and the agents in them.
 * The filter by type is not used: what it takes is documented in two ways, and what it does not take is refused.
 */
export const journalReader: Reader = {
  route: 'journal',
  scopes: () => [null],
  async *read(context, { from, until }) {
    const portionAt = async (position: number, most: number) => {
      const { page, pageSize, start } = pageAt(position, most)
      const answered = await ask(context, journal, {
        query: { from, to: until, page, pageSize, resolveContacts: true, showUsers: true }
      })
      return {
        ...listed(answered.body.requests, { list: 'requests', idOf: row => row.id }, answered, context),
        start,
        size: pageSize,
        total: null
      }
    }
    const agents = createAgents()
    for await (const { portion, fresh, unread } of walk(pageSizeOf(context, ROWS), portionAt)) {
      agents.see(portion.rows)
      yield { ...pageOf(portion.rows), rows: fresh, unread }
    }
    yield { findings: agents.findings(), unlinked: [], rows: 0 }
  }
}

function pageOf(rows: readonly TellingRow<JournalRow>[]): Pick<Page, 'findings' | 'unlinked'> {
  const page: Pick<Page, 'findings' | 'unlinked'> = { findings: [], unlinked: [] }
  for (const [row, told] of rows) {
    const kind = kindOf(row)
    if (kind === 'message') page.findings.push(...[messageFinding(row, told) ?? []].flat())
    if (kind !== 'call') continue
    const found = journalCall(row, told)
    if (found.callId !== null) page.findings.push({ ...found.call, callId: found.callId })
    if (found.callId === null || found.voicemail) page.unlinked.push(found)
  }
  return page
}

/**
 * What the newest row says of each agent, told once, at the end: an older row has the name of then,
 * and to report both would be two more facts with each reading.
 */
function createAgents() {
  const newest = new Map<string, { at: number; finding: Finding }>()
  return {
    see: (rows: readonly TellingRow<JournalRow>[]) => {
      for (const [row, told] of rows) {
        const at = row.created?.getTime() ?? 0
        for (const agent of [...agentsOf(row), ...(row.voicemail?.assignee ? [row.voicemail.assignee] : [])]) {
          const finding = agentFinding(agent, { ...told, raw: agent })
          if (finding && at >= (newest.get(finding.extension)?.at ?? 0)) newest.set(finding.extension, { at, finding })
        }
      }
    },
    findings: () => [...newest.values()].map(({ finding }) => finding)
  }
}
