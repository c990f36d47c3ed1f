import { and, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { Viewer } from './viewer.js'

// The only place that decides which rows a key may see. Every query of the API takes its condition from here; undefined
// stands for no condition.

export interface OwnedColumns {
  account: SQLWrapper
  /** E.164; a row without one belongs to no organization. */
  businessNumber: SQLWrapper
  /** When it began: the owner at that instant remains the owner. */
  at: SQLWrapper
}

/** Restricts rows to the account of the viewer. */
export function ofAccount({ account: own }: Viewer, account: SQLWrapper): SQL | undefined {
  return own === null ? undefined : sql`${account} = ${own}`
}

/** Restricts rows to the organization of the viewer. */
export function ofOrganization({ organization: own }: Viewer, organization: SQLWrapper): SQL | undefined {
  return own === null ? undefined : sql`${organization} = ${own}`
}

/** Restricts calls, voicemails and messages to those of the viewer's organization. */
export function visible(viewer: Viewer, { account, businessNumber, at }: OwnedColumns): SQL | undefined {
  return and(
    ofAccount(viewer, account),
    viewer.organization === null
      ? undefined
      : sql`exists (select from number_ownerships o
    where o.account = ${account} and o.number = ${businessNumber} and o.organization = ${viewer.organization}
      and o.owned_from <= ${at} and (o.owned_until is null or o.owned_until > ${at}))`
  )
}

/** Restricts numbers to those that the viewer's organization owns at `now`. */
export function visibleNumbers(
  viewer: Viewer,
  columns: { account: SQLWrapper; number: SQLWrapper },
  now: Date
): SQL | undefined {
  return visible(viewer, { account: columns.account, businessNumber: columns.number, at: sql`${now}::timestamptz` })
}

/** Restricts extensions to those with a leg in a call that the viewer may see. */
export function visibleExtensions(
  viewer: Viewer,
  { account, extension }: { account: SQLWrapper; extension: SQLWrapper }
): SQL | undefined {
  if (viewer.organization === null) return ofAccount(viewer, account)
  const call = { account: sql`vc.account`, businessNumber: sql`vc.business_number`, at: sql`vc.started_at` }
  return and(
    ofAccount(viewer, account),
    sql`exists (select from call_legs vl join call_history vc on vc.account = vl.account and vc.call_id = vl.call_id
    where vl.account = ${account} and vl.extension = ${extension} and ${visible(viewer, call)})`
  )
}

/** Restricts contacts to those with a call, voicemail or message that the viewer may see; `phones` is a jsonb array. */
export function visibleContacts(
  viewer: Viewer,
  { account, phones }: { account: SQLWrapper; phones: SQLWrapper }
): SQL | undefined {
  if (viewer.organization === null) return ofAccount(viewer, account)
  const isIn = (table: string, at: string) => {
    const row = { account: sql`vt.account`, businessNumber: sql`vt.business_number`, at: sql.raw(`vt.${at}`) }
    return sql`exists (select from ${sql.raw(table)} vt
    where vt.account = ${account} and vt.client_number in (select jsonb_array_elements_text(${phones}))
      and ${visible(viewer, row)})`
  }
  const [inCalls, inVoicemails] = [isIn('call_history', 'started_at'), isIn('voicemail_logs', 'left_at')]
  const inMessages = isIn('sms_logs', 'sent_at')
  return and(ofAccount(viewer, account), sql`(${inCalls} or ${inVoicemails} or ${inMessages})`)
}
