/**
 * Yields copies of a JSON value with one error each: an extra member in an object, or a value of another type. In a
 * list, only the first item is changed.
 */
export function* mutantsOf(json: unknown, where = ''): Generator<{ where: string; json: unknown }> {
  if (Array.isArray(json)) {
    yield { where, json: {} }
    if (json.length > 0)
      for (const mutant of mutantsOf(json[0], `${where}[0]`))
        yield { where: mutant.where, json: [mutant.json, ...json.slice(1)] }
  } else if (typeof json === 'object' && json !== null) {
    yield { where: `${where} +1`, json: { ...json, surprise: true } }
    yield { where, json: [] }
    for (const [name, value] of Object.entries(json)) {
      for (const mutant of mutantsOf(value, `${where}.${name}`))
        yield { where: mutant.where, json: { ...json, [name]: mutant.json } }
    }
  } else {
    yield { where, json: { surprise: true } }
    // a null may also be a string by the schema
    if (json !== null) yield { where, json: typeof json === 'string' ? 7 : 'surprise' }
  }
}
