import type { RouteReader } from '../route-reader.js'
import { callsReader } from './calls.js'
import { contactsReader } from './contacts.js'
import { extensionsReader } from './extensions.js'
import { journalReader } from './journal/reader.js'
import { numbersReader } from './numbers.js'
import { presenceReader } from './presence.js'
import { voicemailsReader } from './voicemails.js'

/** All that MightyCall is asked for. Calls and voicemails come before the journal, whose rows are joined to them. */
export const ROUTE_READERS: readonly RouteReader[] = [
  callsReader,
  voicemailsReader,
  journalReader,
  numbersReader,
  extensionsReader,
  contactsReader,
  presenceReader
]
