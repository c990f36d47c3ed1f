import { and, type SQL, type SQLWrapper, sql } from 'drizzle-orm'
import type { Viewer } from './viewer.js'

// The one place that says which rows a key may see. Every query of the API takes its condition from here.

export interface OwnedColumns {
  account: SQLWrapper
  /** E.164; a row without one belongs to no organization. */
  businessNumber: SQLWrapper
  /** When it began: the owner of that instant is its owner for ever. */
  at: SQLWrapper
}

/** Rows of the viewer's account. Undefined: all. */
export function ofAccount({ account: own }: Viewer, account: SQLWrapper): SQL | undefined {
  return own === null ? undefined : sql`${account} = ${own}`
}

/** Whether anything of an account may be seen. */
export function isVisibleAccount({ account: own }: Viewer, account: string): boolean {
  return own === null || own === account
}

/** Rows of the viewer's organization. Undefined: all. */
export function ofOrganization({ organization: own }: Viewer, organization: SQLWrapper): SQL | undefined {
  return own === null ? undefined : sql`${organization} = ${own}`
}

/** Calls, voicemails and messages that the viewer may see. Undefined: all. */
export function visible(viewer: Viewer, { account, businessNumber, at }: OwnedColumns): SQL | undefined {
  return and(
    ofAccount(viewer, account),
    viewer.organization === null
      ? undefined
      : sql`exists (select from number_ownerships o
    where o.account = ${account} and o.number = ${businessNumber} and o.organization = ${viewer.organization} and o.owned_from <= ${at} and (o.owned_until is null or o.owned_until > ${at}))`
  )
}

/** Numbers that are the viewer's at this instant. Undefined: all. */
export function visibleNumbers(
  viewer: Viewer,
  columns: { account: SQLWrapper; number: SQLWrapper },
  now: Date
): SQL | undefined {
  return visible(viewer, { account: columns.account, businessNumber: columns.number, at: sql`${now}::timestamptz` })
}

/** Extensions that have a leg in a call that the viewer may see. Undefined: all. */
export function visibleExtensions(
  viewer: Viewer,
  { account, extension }: { account: SQLWrapper; extension: SQLWrapper }
): SQL | undefined {
  if (viewer.organization === null) return ofAccount(viewer, account)
  return and(
    ofAccount(viewer, account),
    sql`exists (select from call_legs vl join call_history vc on vc.account = vl.account and vc.call_id = vl.call_id
    where vl.account = ${account} and vl.extension = ${extension} and ${visible(viewer, { account: sql`vc.account`, businessNumber: sql`vc.business_number`, at: sql`vc.started_at` })})`
  )
}

/**
 * Contacts that a call, voicemail or message of theirs is known of that the viewer may see; `phones` is a jsonb array.
 * Undefined: all.
 */
export function visibleContacts(
  viewer: Viewer,
  { account, phones }: { account: SQLWrapper; phones: SQLWrapper }
): SQL | undefined {
  if (viewer.organization === null) return ofAccount(viewer, account)
  const knows = (
    table: string,
    at: string
  ) => sql`exists (select from ${sql.raw(table)} vt where vt.account = ${account} and vt.client_number in (select jsonb_array_elements_text(${phones}))
    and ${visible(viewer, { account: sql`vt.account`, businessNumber: sql`vt.business_number`, at: sql.raw(`vt.${at}`) })})`
  return and(
    ofAccount(viewer, account),
    sql`(${knows('call_history', 'started_at')} or ${knows('voicemail_logs', 'left_at')} or ${knows('sms_logs', 'sent_at')})`
  )
}
