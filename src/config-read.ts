import { readFileSync } from 'node:fs'
import { envSchema } from 'env-schema'
import { configSchema, isSecret, VARIABLE_NAMES, type VariableName, type Variables } from './config/variables.js'

export type Environment = Record<string, string | undefined>

/** The variables that are set, secrets also from their files. */
export function withFiles (environment: Environment, problems: string[]): Environment {
  const data: Environment = {}
  for (const name of VARIABLE_NAMES) {
    const file = environment[`${name}_FILE`]
    if (environment[name]) data[name] = environment[name]
    else if (isSecret(name) && file) data[name] = readText(`${name}_FILE`, file, problems)?.trim()
  }
  return data
}

export function readText (name: string, file: string, problems: string[]): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (err) {
    problems.push(`${name} cannot be read (${(err as NodeJS.ErrnoException).code})`) // node:fs throws nothing else
    return null
  }
}

/** Null when any is not valid. */
export function validate (data: Environment, problems: string[]): Variables | null {
  try {
    return envSchema<Variables>({ data, schema: configSchema, env: false })
  } catch (err) {
    const { errors = [] } = err as { errors?: { instancePath: string, message?: string }[] } // ajv's, kept by env-schema
    const names = new Set(errors.map(error => error.instancePath.slice(1) as VariableName))
    for (const name of names) problems.push(notValid(name))
    if (names.size === 0) problems.push('the environment could not be read')
    return null
  }
}

/** What a variable should be, never what it is. */
export function notValid (name: VariableName): string {
  const { description, pattern, examples, minimum, maximum, anyOf } = configSchema.properties[name] as { description?: string, pattern?: string, examples?: string[], minimum?: number, maximum?: number, anyOf?: { const: string }[] } // the keywords that the schema uses
  const form = anyOf ? `one of ${anyOf.map(option => option.const).join(', ')}` : minimum !== undefined ? `${minimum} to ${maximum}` : examples ? `like ${examples[0]}` : pattern ? `it must match ${pattern}` : 'true or false'
  return `${name} is not valid: ${form}. ${description}`
}
