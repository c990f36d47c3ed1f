import { MAX_NAME_LENGTH } from '../../events/envelope.js'
import { isTooLongId, readExtension } from '../../events/external-id.js'
import type { Presence, StatusReported } from '../../events/status.js'
import type { Fields } from './fields.js'
import { commonFields, type ReadableNotification } from './readable.js'

const STATUS_LIKE = /profile|presence|status|availability/

/**
 * Reads a notification of an agent's presence. None is documented, so a plausible name is not enough: without an
 * extension and a known presence, the notification is of an unknown type and shows up as drift.
 */
export function readStatus(
  { identified, fields, original }: ReadableNotification,
  name: string
): StatusReported | null {
  if (!STATUS_LIKE.test(name)) return null
  // a truncated extension might be that of another agent
  const extension = isTooLongId(fields.extension) ? null : readExtension(fields.extension)
  const presence = presenceOf(fields)
  if (extension === null || presence === null) return null
  return { ...commonFields('status.reported', identified), extension, route: 'webhook', presence, ...original }
}

/** Reads `Available`, `dnd`, `Do not disturb`, `DoNotDisturb`, … */
function presenceOf({ get }: Fields): Presence | null {
  const value = get('status') ?? get('presence') ?? get('availability')
  if (typeof value !== 'string' || value.length > MAX_NAME_LENGTH) return null
  const letters = value.toLowerCase().replace(/[^a-z]/g, '')
  if (letters === 'available') return 'available'
  return letters === 'dnd' || letters === 'donotdisturb' ? 'dnd' : null
}
