import { parseInstant } from '../../lib/instant.js'

/** Parses the values of a query parameter, none when it is absent. Returns undefined when they are invalid. */
export type ParameterParser<T> = (values: readonly string[]) => T | undefined

export type QueryParameters = Record<string, ParameterParser<unknown>>
export type ParsedQuery<P extends QueryParameters> = { [K in keyof P]: Exclude<ReturnType<P[K]>, undefined> }

export interface QueryProblems {
  unknown: string[]
  /** The given values by parameter name. */
  invalid: Record<string, string>
}

/** Parses a query string. Parameter names are case-insensitive, as in ASP.NET. */
export function readQuery<P extends QueryParameters>(
  parameters: P,
  search: URLSearchParams
): { values: ParsedQuery<P>; problems: QueryProblems } {
  const names = Object.keys(parameters)
  const bad: QueryProblems = {
    unknown: [...new Set(search.keys())].filter(given => !names.some(name => equalsIgnoringCase(name, given))),
    invalid: {}
  }
  const values: Record<string, unknown> = {}
  for (const name of names) {
    const given = [...search].flatMap(([key, value]) => (equalsIgnoringCase(key, name) ? [value] : []))
    values[name] = parameters[name]?.(given)
    if (values[name] === undefined) bad.invalid[name] = given.join(',')
  }
  return { values: values as ParsedQuery<P>, problems: bad } // each value comes from the parser of its name
}

export const text: ParameterParser<string | null> = ([value]) => value ?? null

export const integer =
  (least: number, otherwise: number, most = Number.MAX_SAFE_INTEGER): ParameterParser<number> =>
  ([value]) => {
    if (value === undefined) return otherwise
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    return number >= least && number <= most ? number : undefined
  }

export const flagOr =
  (otherwise: boolean): ParameterParser<boolean> =>
  ([value = String(otherwise)]) =>
    /^true$/i.test(value) ? true : /^false$/i.test(value) ? false : undefined

export const flag = flagOr(false)

/** Parses an instant to milliseconds since 1970. An instant without an offset is in UTC. */
export const instant: ParameterParser<number | null> = ([value]) =>
  value === undefined ? null : (parseInstant(value) ?? parseInstant(`${value}Z`) ?? undefined)

/** Parses a list of known values, case-insensitive, separated by commas or given several times. */
export const choices =
  <const T extends string>(...known: readonly T[]): ParameterParser<T[]> =>
  values => {
    const found = splitValues(values).map(value => known.find(name => equalsIgnoringCase(name, value)))
    return found.every(value => value !== undefined) ? found : undefined
  }

export const list: ParameterParser<string[]> = values => splitValues(values)

/** Refuses a parameter that MightyCall has and the simulator does not, rather than ignoring it. */
export const unsupported: ParameterParser<null> = values => (values.length === 0 ? null : undefined)

function splitValues(values: readonly string[]): string[] {
  return values.flatMap(value => value.split(',')).filter(value => value !== '')
}

function equalsIgnoringCase(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
