import Type, { type Static } from 'typebox'
import { Compile } from 'typebox/compile'
import { DamagedBackupError } from '../errors.js'
import { findKeptTable } from './tables.js'

// A backup is a gzip file of lines, each a JSON object with one member: first the header, then the rows, named after
// their tables, last the trailer. Postgres serializes the rows (row_to_json), so that no number or date is parsed here.

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
  sha256: Type.String({ pattern: '^[0-9a-f]{64}$' }) // of all bytes before the trailer
})

export type Header = Static<typeof headerSchema>
export type Trailer = Static<typeof trailerSchema>

const isHeaderLine = Compile(Type.Object({ header: headerSchema }))
const isTrailerLine = Compile(Type.Object({ trailer: trailerSchema }))

/** Matches the header of any version, to distinguish a backup of a later version from another file. */
const isAnyHeader = Compile(Type.Object({ header: Type.Object({ format: Type.Integer() }) }))

export const rowsOf = ({ tables }: Header): number => tables.reduce((sum, { rows }) => sum + rows, 0)

export const headerLine = (header: Header): string => `${JSON.stringify({ header })}\n`
export const trailerLine = (trailer: Trailer): string => `${JSON.stringify({ trailer })}\n`

/**
 * @param migrations  the migrations that this version knows
 * @throws DamagedBackupError  the line is not a header, or was written by a later version
 */
export function parseHeader(line: string, migrations: readonly string[]): Header {
  const value = parse(line)
  if (!isAnyHeader.Check(value)) throw new DamagedBackupError('the file does not begin with the header of a backup')
  if (value.header.format !== FORMAT)
    throw new DamagedBackupError(
      `its format ${value.header.format} belongs to another version of this program: use that version`
    )
  if (!isHeaderLine.Check(value)) throw new DamagedBackupError('its header is incomplete')
  const { header } = value
  if (!migrations.includes(header.migration))
    throw new DamagedBackupError('it was made by a later version of this program: use that version')
  for (const { name, columns } of header.tables) {
    const known = findKeptTable(name)
    if (!known || !columns.every(column => known.columns.includes(column)))
      throw new DamagedBackupError('its header names a table or a column that does not exist')
  }
  return header
}

/** Returns null when the line is not a trailer. */
export function parseTrailer(line: string): Trailer | null {
  if (!line.startsWith('{"trailer":')) return null
  const value = parse(line)
  return isTrailerLine.Check(value) ? value.trailer : null
}

/** Splits a line into the table and the unparsed JSON of the row; null when the line is not a row. */
export function splitRow(line: string): { table: string; json: string } | null {
  const table = /^\{"([a-z_]+)":\{/.exec(line)?.[1]
  return table !== undefined && line.endsWith('}}') ? { table, json: line.slice(table.length + 4, -1) } : null
}

function parse(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return null // the caller reports it
  }
}
