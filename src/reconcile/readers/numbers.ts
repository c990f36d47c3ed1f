import { phoneNumbers } from '../../mightycall/rest/routes/phone-numbers.js'
import { missingNumbers, numberFindings } from '../findings/numbers.js'
import type { Reader } from '../reader.js'
import { ask, onePage, rowsOf } from './ask.js'

/** All business numbers, and those that were given up; among the latter those that we had and that are in neither list any more. */
export const numbersReader: Reader = {
  route: 'numbers',
  scopes: () => [null],
  async * read (context) {
    const answered = await ask(context, phoneNumbers, {})
    const active = rowsOf(answered.answer.phoneNumbers, 'phoneNumbers', answered, context)
    const deleted = rowsOf(answered.answer.deletedPhoneNumbers ?? [], 'deletedPhoneNumbers', answered, context)
    const { total } = answered.answer
    const findings = numberFindings({ active, deleted })
    // Not of an answer that holds no number at all: whoever asked may not see them. Nor of one that says that it holds only some.
    const isFull = active.length > 0 && ((total ?? null) === null || total === active.length || total === active.length + deleted.length)
    if (isFull) findings.push(...missingNumbers(await context.known.numbers(), findings, { account: context.account, at: answered.at }))
    yield onePage(findings, active.length)
  }
}
