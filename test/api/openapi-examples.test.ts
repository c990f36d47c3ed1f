import Ajv from 'ajv/dist/2020.js'
import formats from 'ajv-formats'
import t, { type Test } from 'tap'
import { openApi } from '../../scripts/docs/openapi.js'
import { EXAMPLES } from '../../src/api/openapi-examples.js'
import { eventText } from '../../src/live/frames.js'

/** Returns a validator of the schemas of the OpenAPI document, which returns the errors. */
async function validator(): Promise<(schema: string, value: unknown) => string[]> {
  const ajv = formats.default(new Ajv.default({ strict: false, allErrors: true }))
  ajv.addSchema(await openApi(), 'openapi.json')
  return (schema, value) => {
    ajv.validate({ $ref: `openapi.json#/components/schemas/${schema}` }, value)
    return (ajv.errors ?? []).map(({ instancePath, message }) => `${instancePath} ${message}`)
  }
}

t.test('every example has the properties that its schema declares, and valid values', async t => {
  const errorsOf = await validator()
  const { schemas } = ((await openApi()) as { components: { schemas: Record<string, Schema> } }).components
  for (const [name, example] of Object.entries(EXAMPLES)) {
    t.strictSame(errorsOf(name, example), [], name)
    t.strictSame(schemas[name]?.examples, [example], `${name} is in the document`)
    const declared = Object.keys(schemas[name]?.properties ?? {})
    if (declared.length > 0) t.strictSame(Object.keys(example).sort(), declared.sort(), `the properties of ${name}`)
  }
})

interface Schema {
  properties?: object
  examples?: unknown[]
}

t.test('an example with a missing or invalid property would be found', async t => {
  const errorsOf = await validator()
  const { Call } = EXAMPLES
  t.strictSame(errorsOf('Call', { ...Call, direction: 'sideways', startedAt: 'yesterday' }), [
    '/direction must be equal to one of the allowed values',
    '/startedAt must match format "date-time"'
  ])
  t.match(errorsOf('Call', { account: 'default' }), [/must have required property 'id'/])
})

t.test('the events of the stream match the schema LiveEvent', async t => {
  const errorsOf = await validator()
  for (const text of [
    eventText('call', { revision: 42, object: EXAMPLES.Call }, 42),
    eventText('call', { revision: 43, object: null, account: 'default', id: '7df52a62' }, 43),
    eventText('message', { revision: 44, object: EXAMPLES.Message }, 44),
    eventText('health', { revision: 44, object: { ready: true, roles: {} } }),
    eventText('reset', { revision: 45 }, 45),
    eventText('dropped', { code: 'MCS_SLOW_CLIENT', message: 'connect again' })
  ])
    t.strictSame(errorsOf('LiveEvent', parsedEvent(t, text)), [], text)
  t.not(errorsOf('LiveEvent', { id: '1', event: 'calls', data: { revision: 1, object: null } }).length, 0)
})

/** Reads an event as a client of server-sent events does. */
function parsedEvent(t: Test, text: string): object {
  const fields = Object.fromEntries(
    text
      .trimEnd()
      .split('\n')
      .map(line => line.split(/: (.*)/))
  )
  t.type(fields.data, 'string')
  return { ...fields, data: JSON.parse(fields.data ?? 'null') }
}
