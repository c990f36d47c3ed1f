import type { AnswerOf } from '../../mightycall/rest/route.js'
import { phoneNumbers } from '../../mightycall/rest/routes/phone-numbers.js'
import { missingNumbers, numberFindings } from '../findings/numbers.js'
import type { Reader } from '../route-reader.js'
import { ask, listed, onePage } from './request.js'

/** All business numbers, and those that were given up; among the latter those that we had and that are in neither list any more. */
export const numbersReader: Reader = {
  route: 'numbers',
  scopes: () => [null],
  async * read (context) {
    const answered = await ask(context, phoneNumbers, {})
    const active = listed(answered.answer.phoneNumbers, { list: 'phoneNumbers', idOf: row => row.number }, answered, context)
    const deleted = listed(answered.answer.deletedPhoneNumbers ?? [], { list: 'deletedPhoneNumbers', idOf: row => row.number }, answered, context)
    const unread = active.unread.size + deleted.unread.size
    const gone = active.unread.size > 0 ? [] : deleted.rows // one that seems to be gone may be the one that cannot be read
    const findings = numberFindings({ active: active.rows, deleted: gone })
    if (unread === 0 && isFull(answered.answer)) findings.push(...missingNumbers(await context.known.numbers(), findings, { account: context.account, at: answered.at }))
    yield onePage(findings, active.ids.length, unread)
  }
}

/** Not an answer that holds no number at all: whoever asked may not see them. Nor one that says that it holds only some. */
function isFull ({ phoneNumbers: active, deletedPhoneNumbers: deleted, total }: AnswerOf<typeof phoneNumbers>): boolean {
  return active.length > 0 && ((total ?? null) === null || total === active.length || total === active.length + (deleted?.length ?? 0))
}
