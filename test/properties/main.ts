// Checks the folds with new simulated histories:
//
//   npm run test:properties -- --runs 1000000
import { readFileSync, writeFileSync } from 'node:fs'
import { Command, InvalidArgumentError } from 'commander'
import { createProgress } from '../../src/cli/progress.js'
import { EXAMPLES_FILE, PROPERTIES, type Property } from './properties.js'

const program = new Command('test:properties')
  .description(
    'checks every property of the folds with simulated histories; adds failing seeds to test/properties/examples.json'
  )
  .option('--runs <n>', 'number of histories for each property', wholeNumber, 10_000)
  .option('--seed <n>', 'first seed (default: random)', wholeNumber, Math.floor(Math.random() * 2 ** 31))
  .addHelpText(
    'after',
    [
      '\nExamples:',
      '  $ npm run test:properties',
      '  $ npm run test:properties -- --runs 1000000',
      '  $ npm run test:properties -- --runs 1 --seed 4711'
    ].join('\n')
  )
  .parse()

const { runs, seed } = program.opts<{ runs: number; seed: number }>()
const progress = createProgress('histories')
progress.start(runs * Object.keys(PROPERTIES).length, 0)
let [passed, failed] = [0, 0]
for (const [name, property] of Object.entries(PROPERTIES)) {
  for (let i = 0; i < runs; i += 1) {
    if (holds(name, property, seed + i)) passed++
    else failed++
    if (i % 500 === 499) progress.advance(500, 500)
    if (failed >= 10) break
  }
}
progress.stop()
console.log(`seeds from ${seed}\n${passed} passed, ${failed} failed`)
process.exit(failed > 0 ? 1 : 0)

function holds(name: string, property: Property, seed: number): boolean {
  try {
    property(seed)
    return true
  } catch (err) {
    progress.printAbove(() => console.error(`seed ${seed}: ${name}\n${(err as Error).message}`))
    addExample(name, seed)
    return false
  }
}

function addExample(name: string, seed: number): void {
  const examples = JSON.parse(readFileSync(EXAMPLES_FILE, 'utf8')) as Record<string, number[]> // a file of this format
  examples[name] = [...new Set([...(examples[name] ?? []), seed])]
  writeFileSync(EXAMPLES_FILE, `${JSON.stringify(examples, null, 2)}\n`)
}

function wholeNumber(text: string): number {
  const value = Number(text)
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidArgumentError('it must be a whole number')
  return value
}
