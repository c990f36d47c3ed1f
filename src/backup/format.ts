import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { DamagedBackupError } from '../errors.js'
import { keptTable } from './tables.js'

// A backup is gzip of lines, each a JSON object with one member: first the header, then rows by the names of their
// tables, last the trailer.
// Rows are what Postgres makes of them (row_to_json): nothing of ours reads a number or a date on the way.

export const FORMAT = 1

const count = Type.Integer({ minimum: 0 })

const headerSchema = Type.Object({
  format: Type.Integer(),
  version: Type.String(), // of the program
  migration: Type.String(), // the last one of the schema
  createdAt: Type.String({ format: 'date-time' }),
  tables: Type.Array(Type.Object({ name: Type.String(), columns: Type.Array(Type.String()), rows: count }))
})

const trailerSchema = Type.Object({
  rows: count,
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) // of all bytes before it
})

export type Header = Static<typeof headerSchema>
export type Trailer = Static<typeof trailerSchema>

const isHeaderLine = Compile(Type.Object({ header: headerSchema }))
const isTrailerLine = Compile(Type.Object({ trailer: trailerSchema }))

/** Of the first line, to tell a backup from another file and from one of a later version. */
const isAnyHeader = Compile(Type.Object({ header: Type.Object({ format: Type.Integer() }) }))

export const rowsOf = ({ tables }: Header): number => tables.reduce((sum, { rows }) => sum + rows, 0)

export const headerLine = (header: Header): string => `${JSON.stringify({ header })}\n`
export const trailerLine = (trailer: Trailer): string => `${JSON.stringify({ trailer })}\n`

/**
 * @param migrations  those that this version knows
 * @throws DamagedBackupError  it is no header of ours, or of a later version
 */
export function parseHeader(line: string, migrations: readonly string[]): Header {
  const value = parse(line)
  if (!isAnyHeader.Check(value)) throw new DamagedBackupError('it does not begin as a backup does')
  if (value.header.format !== FORMAT)
    throw new DamagedBackupError(`its format ${value.header.format} is of another version: use that one`)
  if (!isHeaderLine.Check(value)) throw new DamagedBackupError('its header is not whole')
  const { header } = value
  if (!migrations.includes(header.migration))
    throw new DamagedBackupError('it was made by a later version: use that one')
  for (const { name, columns } of header.tables) {
    const known = keptTable(name)
    if (!known || !columns.every(column => known.columns.includes(column)))
      throw new DamagedBackupError('its header names a table or a column that there is not')
  }
  return header
}

/** Null: it is no trailer. */
export function parseTrailer(line: string): Trailer | null {
  if (!line.startsWith('{"trailer":')) return null
  const value = parse(line)
  return isTrailerLine.Check(value) ? value.trailer : null
}

/** A line of a row: its table, and the row as JSON, unread. Null: it is none. */
export function splitRow(line: string): { table: string; json: string } | null {
  const table = /^\{"([a-z_]+)":\{/.exec(line)?.[1]
  return table !== undefined && line.endsWith('}}') ? { table, json: line.slice(table.length + 4, -1) } : null
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null // said by who asks
  }
}
