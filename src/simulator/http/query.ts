import { parseInstant } from '../../lib/instant.js'

/** What a parameter's text means; undefined when it is not valid. A list is given several times. */
export type Parse<T> = (values: readonly string[]) => T | undefined

export type Parameters = Record<string, Parse<unknown>>
export type Parsed<P extends Parameters> = { [K in keyof P]: Exclude<ReturnType<P[K]>, undefined> }

export interface BadQuery {
  unknown: string[]
  /** By name, what was given. */
  invalid: Record<string, string>
}

/** Names in any casing, as ASP.NET takes them. Each parameter parses its absence, too. */
export function readQuery<P extends Parameters>(
  parameters: P,
  search: URLSearchParams
): { values: Parsed<P>; bad: BadQuery } {
  const names = Object.keys(parameters)
  const bad: BadQuery = {
    unknown: [...new Set(search.keys())].filter(given => !names.some(name => isSame(name, given))),
    invalid: {}
  }
  const values: Record<string, unknown> = {}
  for (const name of names) {
    const given = [...search].flatMap(([key, value]) => (isSame(key, name) ? [value] : []))
    values[name] = parameters[name]?.(given)
    if (values[name] === undefined) bad.invalid[name] = given.join(',')
  }
  return { values: values as Parsed<P>, bad } // each by its own parser
}

export const text: Parse<string | null> = ([value]) => value ?? null

export const whole =
  (least: number, otherwise: number, most = Number.MAX_SAFE_INTEGER): Parse<number> =>
  ([value]) => {
    if (value === undefined) return otherwise
    const number = /^\d{1,15}$/.test(value) ? Number(value) : Number.NaN
    return number >= least && number <= most ? number : undefined
  }

export const flagOr =
  (otherwise: boolean): Parse<boolean> =>
  ([value = String(otherwise)]) =>
    /^true$/i.test(value) ? true : /^false$/i.test(value) ? false : undefined

export const flag = flagOr(false)

/** Milliseconds since 1970; without an offset it is UTC. */
export const instant: Parse<number | null> = ([value]) =>
  value === undefined ? null : (parseInstant(value) ?? parseInstant(`${value}Z`) ?? undefined)

/** In any casing; with commas between, or given several times. */
export const choices =
  <const T extends string>(...known: readonly T[]): Parse<T[]> =>
  values => {
    const found = listed(values).map(value => known.find(name => isSame(name, value)))
    return found.every(value => value !== undefined) ? found : undefined
  }

export const list: Parse<string[]> = values => listed(values)

/** One that MightyCall knows and the simulator does not: nobody should believe that it had been applied. */
export const unsupported: Parse<null> = values => (values.length === 0 ? null : undefined)

function listed(values: readonly string[]): string[] {
  return values.flatMap(value => value.split(',')).filter(value => value !== '')
}

function isSame(a: string, b: string): boolean {
  return a.toLowerCase() === b.toLowerCase()
}
