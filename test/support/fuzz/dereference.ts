/**
 * The document with every `$ref` replaced by what it points to. The document must not contain circular references.
 * @throws Error  a `$ref` points to nothing in the document
 */
export function dereference<D extends object>(document: D): D {
  const resolve = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(resolve)
    if (typeof value !== 'object' || value === null) return value
    if ('$ref' in value) return resolve(targetOf(document, String(value.$ref)))
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolve(inner)]))
  }
  return resolve(document) as D // a copy of the document
}

function targetOf(document: object, ref: string): unknown {
  const path = ref.replace(/^#\//, '').split('/')
  const target = path.reduce<unknown>((value, key) => (value as Record<string, unknown> | undefined)?.[key], document)
  if (target === undefined) throw new Error(`the document has no ${ref}`)
  return target
}
