import { MAX_NAME_LENGTH } from '../../events/envelope.js'
import type { Presence, StatusReported } from '../../events/status.js'
import { cleanName } from '../../events/text.js'
import type { Fields } from './fields.js'
import { commonFields, type ReadableNotification } from './readable.js'

const STATUS_LIKE = /profile|presence|status|availability/

/**
 * A notification of an agent's presence. None is documented, so a name that looks like one is not enough:
 * without an extension and a presence that we know it is of an unknown type, and drift shows it.
 */
export function readStatus(
  { identified, fields, original }: ReadableNotification,
  name: string
): StatusReported | null {
  if (!STATUS_LIKE.test(name)) return null
  const isCut = typeof fields.extension === 'string' && fields.extension.length > MAX_NAME_LENGTH // and might be another's then
  const extension = isCut ? null : cleanName(fields.extension)
  const presence = presenceOf(fields)
  if (extension === null || presence === null) return null
  return { ...commonFields('status.reported', identified), extension, route: 'webhook', presence, ...original }
}

/** `Available`, `dnd`, `Do not disturb`, `DoNotDisturb`, … */
function presenceOf({ get }: Fields): Presence | null {
  const said = get('status') ?? get('presence') ?? get('availability')
  if (typeof said !== 'string' || said.length > MAX_NAME_LENGTH) return null
  const letters = said.toLowerCase().replace(/[^a-z]/g, '')
  if (letters === 'available') return 'available'
  return letters === 'dnd' || letters === 'donotdisturb' ? 'dnd' : null
}
