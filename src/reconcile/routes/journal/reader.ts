import { journal } from '../../../mightycall/rest/routes/journal.js'
import { callLookBacks, changeLookBack } from '../../look-back.js'
import type { Fact, Page, RouteReader } from '../../route-reader.js'
import { MINUTE_MS } from '../../schedule.js'
import { AGENT_CHANGES, agentFact } from '../extensions.js'
import { pageAt, paginate } from '../paginate.js'
import { pageSizeOf, type RowWithSource, readList, sendRequest } from '../request.js'
import { agentsOf, journalCall } from './calls.js'
import { messageFact } from './messages.js'
import { type JournalRow, kindOf } from './rows.js'

/**
 * A row holds the contacts of the client, which may be long. With the maximum of 1000 rows, a response could exceed the
 * limit of the REST client every time.
 */
const ROWS = 250

/** Voicemails have a list of their own, which has their flags too. */
const UNREAD = `select sent_at as at from sms_logs
  where account = $1 and direction = 'inbound' and read is not true and removed_at is null`

/**
 * Reads what was created in the interval: calls, voicemails, messages, and the agents in them. The filter by type is
 * not used: its values are documented in two ways, and unknown values are refused.
 */
export const journalReader: RouteReader = {
  route: 'journal',
  schedule: { busyMs: 4.5 * MINUTE_MS, quietMs: 15 * MINUTE_MS },
  lookBacks: longestCallMs => [...callLookBacks(longestCallMs), changeLookBack(longestCallMs)],
  unread: UNREAD,
  history: { beforeMs: 0, afterMs: 0 },
  linksTo: ['calls', 'voicemails'],
  changes: {
    'call.reported': { comparedWith: 'same-route' },
    'voicemail.reported': { comparedWith: 'same-route' },
    'message.reported': { comparedWith: 'same-route' },
    'extension.reported': AGENT_CHANGES
  },
  scopes: () => [null],
  async *read(context, { from, until }) {
    const portionAt = async (position: number, most: number) => {
      const { page, pageSize, start } = pageAt(position, most)
      const answered = await sendRequest(context, journal, {
        query: { from, to: until, page, pageSize, resolveContacts: true, showUsers: true }
      })
      return {
        ...readList(answered.body.requests, { list: 'requests', idOf: row => row.id }, answered, context),
        start,
        size: pageSize,
        total: null
      }
    }
    const agents = createAgents()
    for await (const { slice, newRows, unreadable } of paginate(pageSizeOf(context, ROWS), portionAt)) {
      agents.see(slice.rows)
      yield { ...pageOf(slice.rows), rows: newRows, unreadable }
    }
    yield { facts: agents.facts(), unlinked: [], rows: 0 }
  }
}

function pageOf(rows: readonly RowWithSource<JournalRow>[]): Pick<Page, 'facts' | 'unlinked'> {
  const page: Pick<Page, 'facts' | 'unlinked'> = { facts: [], unlinked: [] }
  for (const [row, source] of rows) {
    const kind = kindOf(row)
    if (kind === 'message') page.facts.push(...[messageFact(row, source) ?? []].flat())
    if (kind !== 'call') continue
    const found = journalCall(row, source)
    if (found.callId !== null) page.facts.push({ ...found.call, callId: found.callId })
    if (found.callId === null || found.voicemail) page.unlinked.push(found)
  }
  return page
}

/**
 * Collects the newest report of each agent, to yield it once at the end: an older row may have an older name, and
 * reporting both would append two events with every reading.
 */
function createAgents() {
  const newest = new Map<string, { at: number; fact: Fact }>()
  return {
    see: (rows: readonly RowWithSource<JournalRow>[]) => {
      for (const [row, source] of rows) {
        const at = row.created?.getTime() ?? 0
        for (const agent of [...agentsOf(row), ...(row.voicemail?.assignee ? [row.voicemail.assignee] : [])]) {
          const fact = agentFact(agent, { ...source, raw: agent })
          if (fact && at >= (newest.get(fact.extension)?.at ?? 0)) newest.set(fact.extension, { at, fact })
        }
      }
    },
    facts: () => [...newest.values()].map(({ fact }) => fact)
  }
}
