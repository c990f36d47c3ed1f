import { readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import ts from 'typescript'
import { PROJECT_ROOT } from '../src/lib/package-root.js'

export interface LayoutEntry {
  /** A folder or a file of src. */
  name: string
  purpose: string
  /**
   * What its files may import from other entries, besides packages: `db` is a whole folder, `event-log/port` one file
   * of it, and `type accounts` allows type-only imports.
   */
  imports: readonly string[]
  /** The reason of an import that is not obvious. */
  why?: string
}

const VOCABULARY = ['errors.ts', 'lib', 'events'] as const

/**
 * The entries of src from the lowest to the highest. An entry may import only entries above it in this table, so a
 * lower stage never depends on a higher one. CONTRIBUTING.md shows this table; test/layout.test.ts enforces it.
 */
export const LAYOUT: readonly LayoutEntry[] = [
  { name: 'errors.ts', purpose: 'Every error code and message.', imports: [] },
  {
    name: 'lib',
    purpose: 'Small general pieces: clock, back-off and retry, JSON, local days, directory lock.',
    imports: ['errors.ts']
  },
  {
    name: 'events',
    purpose: 'The vocabulary: the union of events, identity, topics, record codec. No I/O.',
    imports: ['errors.ts', 'lib']
  },
  {
    name: 'config',
    purpose: 'Environment variables to one frozen configuration; secrets; data directory.',
    imports: ['errors.ts', 'lib']
  },
  { name: 'observability', purpose: 'Logger, metrics, table of alarms.', imports: ['lib'] },
  {
    name: 'db',
    purpose: 'Connection pool, table schema, migrations, views for reports, bulk SQL, embedded Postgres.',
    imports: [...VOCABULARY, 'type config'],
    why: 'Bulk statements are keyed by entities and events, hence `events`.'
  },
  {
    name: 'access',
    purpose: 'API keys, sessions, roles, organizations, row visibility, audit log.',
    imports: [...VOCABULARY, 'db']
  },
  {
    name: 'accounts',
    purpose: 'Configured MightyCall accounts and the settings changed at run time.',
    imports: [...VOCABULARY, 'config', 'observability', 'db', 'access/audit-log']
  },
  {
    name: 'http',
    purpose: 'Fastify server, health, overload, security headers, error schema.',
    imports: ['errors.ts', 'lib', 'observability', 'type config']
  },
  {
    name: 'mightycall',
    purpose: '`webhook/` parses notifications without I/O; `rest/` is the REST client with tokens and quota.',
    imports: [...VOCABULARY, 'observability', 'db', 'type accounts'],
    why: 'The quota of an API key is kept in Postgres, hence `db`.'
  },
  {
    name: 'event-log',
    purpose: 'The EventLog port and its implementations: `kafka/`, `local/`, `spool/`.',
    imports: [...VOCABULARY, 'observability', 'type config']
  },
  {
    name: 'receive',
    purpose: 'Stage 1: authenticates a webhook, parses it, appends it, answers.',
    imports: [...VOCABULARY, 'observability', 'http/client-address', 'mightycall/webhook', 'type event-log/port']
  },
  {
    name: 'project',
    purpose: 'Stage 2: reads batches of the log, folds them, writes rows in one transaction.',
    imports: [
      ...VOCABULARY,
      'observability',
      'db',
      'access/audit-log',
      'mightycall/webhook',
      'type accounts',
      'type event-log/port'
    ],
    why: 'A redrive or a resume is audited; stored notifications are parsed again.'
  },
  {
    name: 'reconcile',
    purpose: 'Stage 3: reads the REST API, appends what webhooks did not report, finds gaps.',
    imports: [...VOCABULARY, 'observability', 'db', 'accounts', 'mightycall', 'type event-log/port']
  },
  {
    name: 'api',
    purpose: 'Stage 4: the query API, one file per resource.',
    imports: [
      ...VOCABULARY,
      'db',
      'access',
      'accounts',
      'http',
      'reconcile/backfill/backfill',
      'type mightycall',
      'type receive',
      'type project',
      'type reconcile'
    ],
    why: 'The admin routes receive the other stages as ports; backfill.ts defines what a backfill is and has no I/O.'
  },
  {
    name: 'live',
    purpose: 'Stage 5: changes to server-sent events.',
    // Its route declares the same error responses as the API.
    imports: [...VOCABULARY, 'db', 'access', 'http/error-schema', 'type observability']
  },
  { name: 'backup', purpose: 'Backup and restore of the database.', imports: ['errors.ts', 'lib', 'db'] },
  { name: 'client', purpose: 'The typed API client, a part of the package for its users.', imports: [] },
  {
    name: 'app',
    purpose: 'Composition root: the only place where stages are connected.',
    imports: [
      ...VOCABULARY,
      'config',
      'observability',
      'db',
      'access',
      'accounts',
      'http',
      'mightycall',
      'event-log',
      'receive',
      'project',
      'reconcile',
      'api',
      'live'
    ]
  },
  {
    name: 'cli',
    purpose: 'One file per command.',
    imports: [
      ...VOCABULARY,
      'config',
      'observability',
      'db',
      'access',
      'accounts',
      'event-log',
      'project',
      'api',
      'backup',
      'app',
      'type reconcile'
    ],
    why: 'A command connects what it runs, as `app` does for the service.'
  },
  {
    name: 'simulator',
    purpose: 'A made-up company and its MightyCall, with the commands that run it.',
    imports: [
      ...VOCABULARY,
      'config',
      'observability',
      'http',
      'mightycall/webhook',
      'event-log',
      'app',
      'cli/arguments',
      'cli/progress',
      'cli/service-client'
    ],
    why: 'The demo starts the service, and appends a history to its log. MightyCall itself is written anew here.'
  },
  {
    name: 'main.ts',
    purpose: 'The command line entry.',
    imports: ['errors.ts', 'lib', 'cli', 'simulator/cli'],
    why: 'A command is loaded only when it is called.'
  }
]

export interface Import {
  /** Paths inside src, such as `api/api.ts`. */
  from: string
  to: string
  typesOnly: boolean
}

/** Every relative import and re-export of the files in src, type-only ones included. */
export function importsOfSource(): Import[] {
  const src = path.join(PROJECT_ROOT, 'src')
  const files = readdirSync(src, { recursive: true, encoding: 'utf8' }).filter(name => name.endsWith('.ts'))
  return files.flatMap(file =>
    importsIn(path.join(src, file)).map(({ specifier, typesOnly }) => ({
      from: file,
      to: path.join(path.dirname(file), specifier).replace(/\.js$/, '.ts'),
      typesOnly
    }))
  )
}

function importsIn(file: string): { specifier: string; typesOnly: boolean }[] {
  const found: { specifier: string; typesOnly: boolean }[] = []
  const add = (specifier: ts.Node | undefined, typesOnly: boolean) => {
    if (specifier && ts.isStringLiteral(specifier) && specifier.text.startsWith('.'))
      found.push({ specifier: specifier.text, typesOnly })
  }
  const visit = (node: ts.Node): void => {
    if (ts.isImportDeclaration(node)) add(node.moduleSpecifier, isTypesOnly(node.importClause))
    else if (ts.isExportDeclaration(node)) add(node.moduleSpecifier, node.isTypeOnly)
    else if (ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.ImportKeyword)
      add(node.arguments[0], false)
    else if (ts.isImportTypeNode(node) && ts.isLiteralTypeNode(node.argument)) add(node.argument.literal, true)
    node.forEachChild(visit)
  }
  visit(ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2022))
  return found
}

/** True for `import type { A }` and for `import { type A, type B }`. */
function isTypesOnly(clause: ts.ImportClause | undefined): boolean {
  if (!clause) return false
  if (clause.isTypeOnly) return true
  const { name, namedBindings } = clause
  return !name && !!namedBindings && ts.isNamedImports(namedBindings) && namedBindings.elements.every(e => e.isTypeOnly)
}

/** Imports that the table does not allow, one line each. */
export function forbiddenImports(imports: readonly Import[]): string[] {
  return imports
    .filter(({ from, to }) => entryOf(from) !== entryOf(to))
    .filter(one => !isAllowed(one))
    .map(({ from, to, typesOnly }) => `src/${from} imports ${typesOnly ? 'types from ' : ''}src/${to}`)
}

function isAllowed({ from, to, typesOnly }: Import): boolean {
  const allowed = LAYOUT.find(({ name }) => name === entryOf(from))?.imports ?? []
  return allowed.some(rule => {
    const target = rule.replace(/^type /, '')
    const isBelow = to === target || to === `${target}.ts` || to.startsWith(`${target}/`)
    return isBelow && (typesOnly || target === rule)
  })
}

const entryOf = (file: string): string => file.split(path.sep)[0] ?? ''

/** Groups of files that import each other in a circle, type-only imports included (Tarjan's algorithm). */
export function cyclesIn(imports: readonly Import[]): string[][] {
  const targets = new Map<string, string[]>()
  for (const { from, to } of imports) targets.set(from, [...(targets.get(from) ?? []), to])
  const indexes = new Map<string, number>()
  const lowest = new Map<string, number>()
  const stack: string[] = []
  const cycles: string[][] = []
  const visit = (file: string): number => {
    const index = indexes.size
    indexes.set(file, index)
    lowest.set(file, index)
    stack.push(file)
    for (const to of targets.get(file) ?? []) {
      const low = indexes.has(to) ? (stack.includes(to) ? indexes.get(to) : undefined) : visit(to)
      if (low !== undefined && low < (lowest.get(file) ?? 0)) lowest.set(file, low)
    }
    const low = lowest.get(file) ?? index
    if (low === index) {
      const group = stack.splice(stack.indexOf(file))
      if (group.length > 1 || targets.get(file)?.includes(file)) cycles.push(group)
    }
    return low
  }
  for (const file of targets.keys()) if (!indexes.has(file)) visit(file)
  return cycles
}
