import { readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { VARIABLE_NAMES } from '../../src/config/variables.js'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'

/** What the image sets itself: the container listens on all of its addresses, and keeps its data in the volume. */
const SET_BY_IMAGE = ['HOST', 'PORT', 'DATA_DIR']

t.test('docker-compose.yml passes every variable of the configuration to the service', async t => {
  const compose = readFileSync(path.join(PROJECT_ROOT, 'docker-compose.yml'), 'utf8')
  const service = compose.slice(compose.indexOf('\n  service:\n'), compose.indexOf('\nvolumes:\n'))
  const passed = [...service.matchAll(/^ {6}([A-Z][A-Z_]+): /gm)].map(found => found[1])
  t.strictSame(
    VARIABLE_NAMES.filter(name => !passed.includes(name)),
    SET_BY_IMAGE
  )
  t.strictSame(
    passed.filter(name => !VARIABLE_NAMES.some(known => known === name)),
    [],
    'and no other'
  )
})
