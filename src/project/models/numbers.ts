import type { NumberEvent, NumberReported } from '../../events/directory.js'
import type { Folded } from '../../events/event.js'
import { numberId } from '../../events/identity.js'
import { distinctById, firstReceivedAt, inOrder, iso } from './facts.js'
import { type ReadModel, table } from './read-model.js'

/** What the events of one business number amount to; times in milliseconds since 1970. */
export interface BusinessNumber {
  externalId: string | null
  label: string | null
  smsEnabled: boolean | null
  isActive: boolean
  createdAt: number
}

/**
 * The number that these events describe, in any order and with doubles; null when there are none. Once removed it keeps
 * its label.
 */
export function foldNumber(events: readonly Folded<NumberEvent>[]): BusinessNumber | null {
  if (events.length === 0) return null
  const distinct = distinctById(events)
  const inTime = inOrder(distinct)
  const newest = inTime.findLast(isReport)
  return {
    externalId: newest?.externalId ?? null,
    label: newest?.label ?? null,
    smsEnabled: newest?.smsEnabled ?? null,
    isActive: newest?.enabled === true && inTime.at(-1) === newest,
    createdAt: firstReceivedAt(distinct)
  }
}

const isReport = (event: Folded<NumberEvent>): event is Folded<NumberReported> => event.type === 'number.reported'

interface NumberRow extends BusinessNumber {
  account: string
  number: string
}

/** `phone_numbers` */
export const numbers: ReadModel<NumberRow> = {
  kind: 'number',
  foldVersion: 1,
  fold: ({ entity: { account, entity }, events }) => {
    const number = foldNumber(events as Folded<NumberEvent>[]) // an entity of this kind has no other events
    return number && { account, number: entity, ...number }
  },
  tables: [
    table<NumberRow, NumberRow>({
      name: 'phone_numbers',
      entity: 'number',
      key: ['account', 'number'],
      many: false,
      rowsOf: row => [row],
      columns: {
        account: { type: 'text', of: row => row.account },
        number: { type: 'text', of: row => row.number },
        id: { type: 'uuid', of: row => numberId(row.account, row.number) },
        external_id: { type: 'text', of: row => row.externalId },
        label: { type: 'text', of: row => row.label },
        sms_enabled: { type: 'bool', of: row => row.smsEnabled },
        is_active: { type: 'bool', of: row => row.isActive },
        created_at: { type: 'timestamptz', of: row => iso(row.createdAt) }
      }
    })
  ]
}
