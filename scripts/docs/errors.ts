import { readFileSync } from 'node:fs'
import path from 'node:path'
import * as errors from '../../src/errors.js'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { notice, table } from './markdown.js'

/** What every entry of the table is. */
type AnyError = new () => Error & { code: string; statusCode?: number }

const TABLE = errors as unknown as Record<string, AnyError> // each takes texts for its message, which then keeps its %s

const HEAD = ['Code', 'Message', 'Status'] // what is printed at the start has no status

/** docs/errors.md */
export function errorsPage(): string {
  return `# Errors

${notice('src/errors.ts')}

A code is never renamed: match on it. A message is for people and may change; \`…\` stands for what it says about the case.
Over HTTP an error is \`{ "statusCode", "code", "error", "message" }\`. Below \`/webhooks/\`, an unknown token or path is
answered by 404 without a body. A code that begins with \`FST_\` is Fastify's own; \`MCS_INTERNAL\` (500) is a fault of ours.
Codes of the event log and of records also stand in logs and in \`dead_letters.code\`.

${sections()
  .map(
    ({ title, note, names }) =>
      `## ${title}\n\n${note}${table(
        note ? HEAD.slice(0, 2) : HEAD,
        names.map(rowOf).map(row => (note ? row.slice(0, 2) : row))
      )}`
  )
  .join('\n\n')}
`
}

function rowOf(name: string): string[] {
  const AnyError = TABLE[name]
  if (!AnyError) throw new Error(`src/errors.ts exports no ${name}`)
  const { code, statusCode, message } = new AnyError()
  return [`\`${code}\``, message.replaceAll('%s', '…'), String(statusCode ?? '')]
}

/** The comments of the file are its sections; a module cannot tell them. */
function sections(): { title: string; note: string; names: string[] }[] {
  const source = readFileSync(path.join(PROJECT_ROOT, 'src/errors.ts'), 'utf8')
  return source
    .split(/^\/\*\* /m)
    .slice(1)
    .map(part => {
      const [title = '', note = ''] = part
        .slice(0, part.indexOf('*/'))
        .trim()
        .replace(/\.$/, '')
        .split(/: (.*)/)
      return {
        title,
        note: note && `${note.charAt(0).toUpperCase()}${note.slice(1)}.\n\n`,
        names: [...part.matchAll(/^export const (\w+)/gm)].map(found => found[1] ?? '')
      }
    })
    .filter(({ names }) => names.length > 0) // a function of the file is no section
}
