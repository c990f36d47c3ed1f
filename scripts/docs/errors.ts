import { readFileSync } from 'node:fs'
import path from 'node:path'
import * as errors from '../../src/errors.js'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { notice, table } from './markdown.js'

/** The type of every entry of the table. */
type AnyError = new () => Error & { code: string; statusCode?: number }

const TABLE = errors as unknown as Record<string, AnyError> // without arguments, a message keeps its %s

const HEAD = ['Code', 'Message', 'Status'] // an error that is printed at the start has no status

/** docs/errors.md */
export function errorsPage(): string {
  return `# Errors

${notice('src/errors.ts')}

Match on the code, which never changes. The message is for people and may change; \`…\` stands for details of the case.
An HTTP response with an error has the body \`{ "statusCode", "code", "error", "message" }\`. Below \`/webhooks/\`, the
response to an unknown token or path is 404 without a body. A code that begins with \`FST_\` comes from Fastify.
\`MCS_INTERNAL\` (500) is a bug of the service. The codes of the event log and of records also occur in logs and in
\`dead_letters.code\`.

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

/** The comments of the source file are the titles of the sections. */
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
    .filter(({ names }) => names.length > 0) // a comment of a function is not a section
}
