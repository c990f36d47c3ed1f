import { phoneNumbers } from '../../mightycall/rest/routes/phone-numbers.js'
import { numberFindings } from '../findings/numbers.js'
import type { Reader } from '../reader.js'
import { ask, onePage, rowsOf } from './ask.js'

/** All business numbers, and those that were given up. */
export const numbersReader: Reader = {
  route: 'numbers',
  scopes: () => [null],
  async * read (context) {
    const answered = await ask(context, phoneNumbers, {})
    const active = rowsOf(answered.answer.phoneNumbers, 'phoneNumbers', answered, context)
    const deleted = rowsOf(answered.answer.deletedPhoneNumbers ?? [], 'deletedPhoneNumbers', answered, context)
    yield onePage(numberFindings({ active, deleted }), active.length)
  }
}
