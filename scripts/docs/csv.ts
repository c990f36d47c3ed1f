import { notice } from './markdown.js'

/** The parts of the OpenAPI document that this page reads. */
interface Document {
  paths?: Record<string, { get?: { responses?: Record<string, Response> } }>
  components?: { schemas?: Record<string, Schema> }
}

interface Response {
  content?: Record<string, { schema?: Schema }>
}

interface Schema {
  $ref?: string
  type?: string
  format?: string
  anyOf?: Schema[]
  allOf?: Schema[]
  items?: Schema
  properties?: Record<string, Schema>
}

/** The keywords of the function `columns` of the page; those but `time` and `json_text` are dtypes of pandas. */
type Kind = 'string' | 'float64' | 'Int64' | 'boolean' | 'time' | 'json_text'

const KINDS: readonly Kind[] = ['string', 'float64', 'Int64', 'boolean', 'time', 'json_text']
const WIDTH = 100

/** docs/csv.md: the types of the columns of every list for pandas. test/full/pandas.test.ts runs the code. */
export function csvPage(openApi: object): string {
  const document = openApi as Document // as fastify-swagger makes it
  return `# CSV files

${notice('scripts/docs/csv.ts and the schemas of the lists')}

\`?format=csv\` streams a whole list as UTF-8 text in the format of RFC 4180: a header, then one line for each row. An
empty cell is a null, times are in UTC, durations are in seconds, and a list is JSON. Nested fields have columns of
their own, such as \`client.number\`. An apostrophe is inserted where a spreadsheet could take a text for a formula.

Programs that guess types damage the data: an extension \`007\` becomes 7, a number \`+15550347567\` loses its sign, and
a client with the name "NA" becomes a null. Give the types instead, in pandas 2 or later as follows.

\`\`\`python
import json
import pandas as pd

def columns(time='', json_text='', **types):
    return {
        'dtype': {name: dtype for dtype, names in types.items() for name in names.split()},
        'parse_dates': time.split(),
        'date_format': 'ISO8601',
        'converters': {name: lambda cell: json.loads(cell) if cell else None for name in json_text.split()},
        'keep_default_na': False,
        'na_values': [''],
        'float_precision': 'round_trip',
    }
\`\`\`

${listsOf(document)
  .map(list => section(document, list))
  .join('\n\n')}
`
}

interface List {
  path: string
  item: Schema
}

/** The lists that can be exported, but not /v1/completeness, whose table is chosen by a parameter. */
function listsOf(document: Document): List[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, { get }]) => {
    const { content = {} } = get?.responses?.[200] ?? {}
    const page = content['text/csv'] && resolve(document, content['application/json']?.schema)
    const item = page?.properties?.data?.items
    return item ? [{ path, item }] : []
  })
}

function section(document: Document, { path, item }: List): string {
  const names = columnsOf(document, item, [])
  const name = path.replace('/v1/', '').replaceAll('/', '_')
  const types = KINDS.flatMap(kind => {
    const ofKind = names.filter(column => column.kind === kind)
    return ofKind.length === 0 ? [] : [`    ${kind}=${texts(ofKind.map(column => column.name))},`]
  })
  const code = `${name} = pd.read_csv('${name}.csv', **columns(\n${types.join('\n')}\n))`
  return `## ${path}\n\n\`\`\`python\n${code}\n\`\`\``
}

/** One text of Python, in as many lines as it takes. */
function texts(names: readonly string[]): string {
  const lines: string[] = []
  for (const name of names) {
    const last = lines.at(-1)
    if (last !== undefined && last.length + name.length < WIDTH) lines[lines.length - 1] = `${last} ${name}`
    else lines.push(name)
  }
  return lines.map((line, i) => `'${line}${i < lines.length - 1 ? ' ' : ''}'`).join('\n        ')
}

/** The columns as src/api/list/csv.ts writes them: fields of objects have columns of their own. */
function columnsOf(document: Document, schema: Schema, path: readonly string[]): { name: string; kind: Kind }[] {
  const options = optionsOf(document, schema)
  const properties = options.find(option => option.properties)?.properties
  if (!properties) return [{ name: path.join('.'), kind: kindOf(options) }]
  return Object.entries(properties).flatMap(([name, inner]) => columnsOf(document, inner, [...path, name]))
}

function optionsOf(document: Document, schema: Schema): Schema[] {
  const resolved = resolve(document, schema)
  return [resolved, ...[...(resolved.anyOf ?? []), ...(resolved.allOf ?? [])].map(one => resolve(document, one))]
}

function resolve(document: Document, schema: Schema = {}): Schema {
  const name = schema.$ref?.split('/').at(-1)
  return name === undefined ? schema : resolve(document, document.components?.schemas?.[name])
}

function kindOf(options: readonly Schema[]): Kind {
  const types = new Set(options.flatMap(({ type }) => (type === undefined || type === 'null' ? [] : [type])))
  const [type] = types
  if (options.some(({ format }) => format === 'date-time')) return 'time'
  if (types.size !== 1 || type === 'array' || type === 'object') return 'json_text'
  return type === 'number' ? 'float64' : type === 'integer' ? 'Int64' : type === 'boolean' ? 'boolean' : 'string'
}
