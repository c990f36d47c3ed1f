import type { Test } from 'tap'
import { lineOf } from '../bench/figures.js'
import type { ScenarioReport } from '../chaos/scenarios/scenario.js'

/** Asserts that a chaos scenario found no problem and met its goals, and prints its figures. */
export function assertMet(t: Test, { figures, problems }: ScenarioReport): void {
  t.strictSame(problems, [])
  for (const line of figures.map(lineOf)) {
    t.comment(line)
    t.notMatch(line, / missed$/)
  }
}
