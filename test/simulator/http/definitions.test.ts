import t from 'tap'
import { DEFINITIONS, definitionOf, isResponse, responseProblems } from '../../mightycall/rest/definitions/check.js'
import { mutantsOf } from './support/mutants.js'
import { requestEveryRoute } from './support/request-every-route.js'

for (const kind of ['classic', 'contact-center'] as const) {
  t.test(
    `every response of a simulated ${kind} account matches MightyCall's definitions, which detect each mutation`,
    async t => {
      const seen = await requestEveryRoute(t, kind)
      t.strictSame(
        seen.flatMap(({ request, response }) =>
          responseProblems(kind, request, response).map(problem => `${request.method} ${request.path} ${problem}`)
        ),
        []
      )
      const byDefinition = new Map(
        seen.map(({ request, response }) => [
          `${definitionOf(kind, request)?.path} ${request.method} ${response.status}`,
          { request, response }
        ])
      )
      t.strictSame(
        DEFINITIONS.filter(
          ({ kinds, path, method }) =>
            kinds.includes(kind) && ![200, 201].some(status => byDefinition.has(`${path} ${method} ${status}`))
        ).map(({ path }) => path),
        []
      )

      const undetected: string[] = []
      let tried = 0
      for (const [name, { request, response }] of byDefinition) {
        for (const mutant of JSON.stringify(response.json) === '{}' ? [] : mutantsOf(response.json)) {
          tried++
          if (isResponse(kind, request, { ...response, json: mutant.json })) undetected.push(`${name} ${mutant.where}`)
        }
        if (responseProblems(kind, request, { ...response, status: 418 }).length === 0)
          undetected.push(`${name} its status`)
      }
      t.ok(tried > 400, `${tried} mutated responses`)
      t.strictSame(undetected, [])
    }
  )
}
