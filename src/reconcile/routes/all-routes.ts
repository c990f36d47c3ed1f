import type { RouteReader } from '../route-reader.js'
import { callsReader } from './calls.js'
import { contactsReader } from './contacts.js'
import { extensionsReader } from './extensions.js'
import { journalReader } from './journal/reader.js'
import { numbersReader } from './numbers.js'
import { presenceReader } from './presence.js'
import { voicemailsReader } from './voicemails.js'

/**
 * The routes that are read, in the order in which they are read: a route comes after those that it links to.
 * With the keys of three users and sixty calls a day they take some 900 of the 2,500 requests that MightyCall allows in
 * a day, and 1,300 when something is awaited all day. The journal is read most often: messages are in no other route,
 * and nothing announces them.
 */
export const ROUTE_READERS: readonly RouteReader[] = [
  callsReader,
  voicemailsReader,
  journalReader,
  numbersReader,
  extensionsReader,
  contactsReader,
  presenceReader
]
