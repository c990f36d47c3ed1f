import { Command, Option } from 'commander'
import { drizzle } from 'drizzle-orm/node-postgres'
import { COMMAND_LINE } from '../access/viewer.js'
import {
  findLetters,
  inspectLetter,
  type Letter,
  type LetterFilter,
  letterKeyset
} from '../api/admin/find-dead-letters.js'
import type { Keyset } from '../api/list/cursor.js'
import { loadConfig } from '../config/config.js'
import { DEAD_LETTER_STATES } from '../db/schema/dead-letters.js'
import { TOPICS } from '../events/topics.js'
import { parseLetterId } from './arguments.js'
import { withDatabase } from './database.js'

interface ListOptions {
  topic?: string[]
  code?: string[]
  state?: string[]
  json: boolean
}

const PAGE = 500

const EXAMPLES = `
Examples:
  $ mightycall-stream dead-letters                         all of them, newest first
  $ mightycall-stream dead-letters --state dead --json     one JSON object a line, for programs
  $ mightycall-stream dead-letters inspect 12              the content of a letter, and what was done with it

The list does not show their content; inspect shows it with phone numbers and texts.
"redrive" projects them again, "discard" marks one as done.`

export function deadLettersCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('dead-letters')
    .description('show the records that could not be projected')
    .addHelpText('after', EXAMPLES)
    .addCommand(listCommand(environment), { isDefault: true })
    .addCommand(inspectCommand(environment))
}

function listCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('list')
    .description('list dead letters, without their content')
    .addOption(new Option('-t, --topic <names...>', 'only of these topics').choices(TOPICS))
    .option('--code <codes...>', 'only with these codes')
    .addOption(new Option('-s, --state <states...>', 'only in these states').choices(DEAD_LETTER_STATES))
    .option('--json', 'print them as JSON', false)
    .action(async ({ topic, code, state, json }: ListOptions) => {
      const filter: LetterFilter = { viewer: COMMAND_LINE, topics: topic, codes: code, states: state }
      await withDatabase(loadConfig(environment), async pool => {
        let place: Keyset | null = null
        let found = 0
        do {
          const letters: Letter[] = await findLetters(drizzle(pool), filter, { place, limit: PAGE })
          for (const letter of letters) console.log(json ? JSON.stringify(letter) : lineOf(letter))
          found += letters.length
          const last = letters.at(-1)
          place = last && letters.length === PAGE ? letterKeyset(last) : null
        } while (place)
        if (found === 0) console.error('there are no dead letters') // on stderr: programs read stdout
      })
    })
}

function inspectCommand(environment: NodeJS.ProcessEnv): Command {
  return new Command('inspect')
    .description('show a dead letter with its content')
    .argument('<id>', 'its id in the list', parseLetterId)
    .action(async (id: string) => {
      const letter = await withDatabase(loadConfig(environment), pool => inspectLetter(drizzle(pool), COMMAND_LINE, id))
      console.log(JSON.stringify(letter, null, 2))
    })
}

function lineOf({ id, state, topic, partition, offset, code, reason, diedAt }: Letter): string {
  return `${id} ${state} ${topic}/${partition}@${offset} ${diedAt} ${code}: ${reason}`
}
