import t from 'tap'
import { answerProblems, DEFINITIONS, definitionOf } from '../../mightycall/rest/definitions/check.js'
import { mutantsOf } from './support/mutants.js'
import { walkAll } from './support/walk-all.js'

for (const kind of ['classic', 'contact-center'] as const) {
  t.test(
    `every answer of a simulated ${kind} account is as MightyCall defines it, each of its routes was asked, and any other answer would be noticed`,
    async t => {
      const seen = await walkAll(t, kind)
      t.strictSame(
        seen.flatMap(({ asked, answer }) =>
          answerProblems(kind, asked, answer).map(problem => `${asked.method} ${asked.path} ${problem}`)
        ),
        []
      )
      const byDefinition = new Map(
        seen.map(({ asked, answer }) => [
          `${definitionOf(kind, asked)?.path} ${asked.method} ${answer.status}`,
          { asked, answer }
        ])
      )
      t.strictSame(
        DEFINITIONS.filter(
          ({ kinds, path, method }) =>
            kinds.includes(kind) && ![200, 201].some(status => byDefinition.has(`${path} ${method} ${status}`))
        ).map(({ path }) => path),
        []
      )

      const unnoticed: string[] = []
      let tried = 0
      for (const [name, { asked, answer }] of byDefinition) {
        for (const mutant of JSON.stringify(answer.json) === '{}' ? [] : mutantsOf(answer.json)) {
          // that is not documented
          tried++
          if (answerProblems(kind, asked, { ...answer, json: mutant.json }).length === 0)
            unnoticed.push(`${name} ${mutant.where}`)
        }
        if (answerProblems(kind, asked, { ...answer, status: 418 }).length === 0) unnoticed.push(`${name} its status`)
      }
      t.ok(tried > 400, `${tried} wrong answers`)
      t.strictSame(unnoticed, [])
    }
  )
}
