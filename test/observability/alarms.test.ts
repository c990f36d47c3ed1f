import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import ts from 'typescript'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { ALARMS } from '../../src/observability/alarms.js'

/** Returns the names passed to raiseAlarm, and the calls that log `alarm` in another way. */
function alarmsIn(file: string): { raised: string[]; bypasses: string[] } {
  const raised: string[] = []
  const bypasses: string[] = []
  const text = readFileSync(path.join(PROJECT_ROOT, file), 'utf8')
  const source = ts.createSourceFile(file, text, ts.ScriptTarget.ES2022, true)
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText() === 'raiseAlarm') {
      const names = literalsIn(node.arguments[1])
      if (names.length === 0) bypasses.push(`${file}: ${node.getText()}`)
      raised.push(...names)
    } else if (ts.isCallExpression(node) && ts.isPropertyAccessExpression(node.expression)) {
      const [first] = node.arguments
      const isLogged = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'].includes(node.expression.name.text)
      if (isLogged && first && alarmProperty(first)) bypasses.push(`${file}: ${node.getText()}`)
    }
    node.forEachChild(visit)
  }
  visit(source)
  return { raised, bypasses }
}

function alarmProperty(node: ts.Node): ts.ObjectLiteralElementLike | undefined {
  if (!ts.isObjectLiteralExpression(node)) return undefined
  return node.properties.find(({ name }) => name?.getText() === 'alarm')
}

/** Returns the possible values of the member `alarm`: a literal, or both branches of a condition. */
function literalsIn(details: ts.Node | undefined): string[] {
  const property = details && alarmProperty(details)
  if (!property || !ts.isPropertyAssignment(property)) return []
  const { initializer } = property
  const values = ts.isConditionalExpression(initializer) ? [initializer.whenTrue, initializer.whenFalse] : [initializer]
  return values.flatMap(value => (ts.isStringLiteral(value) ? value.text : []))
}

const found = readdirSync(path.join(PROJECT_ROOT, 'src'), { recursive: true, encoding: 'utf8' })
  .filter(name => name.endsWith('.ts') && name !== path.join('observability', 'alarms.ts'))
  .map(name => alarmsIn(path.join('src', name)))

t.test('every alarm that is raised is in the table', async t => {
  t.strictSame(
    found.flatMap(({ bypasses }) => bypasses),
    [],
    'alarms are raised by raiseAlarm, with a literal name'
  )
  const unknown = found.flatMap(({ raised }) => raised).filter(name => !Object.hasOwn(ALARMS, name))
  t.strictSame(unknown, [])
})

t.test('every alarm of the table is raised somewhere', async t => {
  const raised = new Set(found.flatMap(({ raised }) => raised))
  t.strictSame([...raised].sort(), Object.keys(ALARMS).sort())
})

t.test('every alarm of the table has a cause and an action', async t => {
  for (const [name, { cause, action }] of Object.entries(ALARMS)) {
    t.match(name, /^[a-z]+(-[a-z]+)*$/)
    t.match(cause, /\.$/, `${name}: the cause is a sentence`)
    t.match(action, /\.$/, `${name}: the action is a sentence`)
  }
})
