import { InvalidParameterError } from '../errors.js'
import { cleanName } from '../events/text.js'

/** A name that people gave, as it is kept. @throws InvalidParameterError  nothing is left of it */
export function nameFrom (field: string, text: string): string {
  const name = cleanName(text)
  if (name === null) throw new InvalidParameterError(`${field} must not be empty`)
  return name
}
