import t from 'tap'
import { runCommand } from '../../support/service.js'
import { tempDir } from '../../support/temp-dir.js'

t.test('help shows examples, and an unknown command or option lists the valid ones', async t => {
  await Promise.all(
    [
      'start',
      'migrate',
      'rebuild',
      'reclassify',
      'dead-letters',
      'redrive',
      'discard',
      'resume',
      'keys',
      'backup',
      'restore',
      'grant-reader',
      'backfill',
      'drain',
      'tail',
      'simulate',
      'simulate-api',
      'demo'
    ].map(async command => {
      const { code, stdout } = await runCommand([command, '--help'], {})
      t.equal(code, 0)
      t.match(stdout, /Examples:\n(?:.*\n)? {2}\$ mightycall-stream/)
    })
  )
  t.match(await runCommand(['tial'], {}), { code: 1, stderr: /tail/ })
  t.match(await runCommand(['tail', '--topic', 'nothing'], {}), { code: 1, stderr: /calls, voicemails, / })
  t.match(await runCommand(['tail'], { DATA_DIR: tempDir(t) }), { code: 1, stderr: /no event log/ })
})
