import type { Command } from 'commander'
import t from 'tap'
import { commands } from '../../src/cli/commands.js'
import { runCommand } from '../support/service.js'
import { tempDir } from '../support/temp-dir.js'

t.test('every command shows examples in its help', async t => {
  for (const [name, load] of Object.entries(commands)) {
    const make = await load()
    t.match(helpOf(make({})), /Examples:\n(?:.*\n)? {2}\$ mightycall-stream/, name)
  }
})

t.test('help and errors of the program list the valid commands and options', async t => {
  const names = Object.keys(commands)
  const help = await runCommand(['--help'], {})
  t.equal(help.code, 0)
  for (const name of names) t.match(help.stdout, new RegExp(`^ {2}${name} `, 'm'))
  t.match(await runCommand(['drain', '--help'], {}), { code: 0, stdout: /Examples:\n/ })
  t.match(await runCommand(['tial'], {}), { code: 1, stderr: /tail/ })
  t.match(await runCommand(['tail', '--topic', 'nothing'], {}), { code: 1, stderr: /calls, voicemails, / })
  t.match(await runCommand(['tail'], { DATA_DIR: tempDir(t) }), { code: 1, stderr: /no event log/ })
})

function helpOf(command: Command): string {
  let help = ''
  command.configureOutput({
    writeOut: text => {
      help += text
    }
  })
  command.outputHelp()
  return help
}
