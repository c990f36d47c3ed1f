const MAX_WIDTH = 120

/** JSON with an indentation of two spaces, in which every object or array that fits stands on one line. */
export function readableJson(value: unknown): string {
  return `${print(value, 0, 0)}\n`
}

/** @param prefix  the number of characters before the value on its line, without the indentation */
function print(value: unknown, depth: number, prefix: number): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  const line = onOneLine(value)
  if (2 * depth + prefix + line.length < MAX_WIDTH) return line
  const indentation = '  '.repeat(depth + 1)
  const members = Array.isArray(value)
    ? value.map(item => print(item, depth + 1, 0))
    : membersOf(value).map(([key, inner]) => `${key}: ${print(inner, depth + 1, key.length + 2)}`)
  const [open, close] = Array.isArray(value) ? ['[', ']'] : ['{', '}']
  return `${open}\n${members.map(member => `${indentation}${member}`).join(',\n')}\n${'  '.repeat(depth)}${close}`
}

function onOneLine(value: unknown): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value)
  if (Array.isArray(value)) return `[${value.map(onOneLine).join(', ')}]`
  const members = membersOf(value).map(([key, inner]) => `${key}: ${onOneLine(inner)}`)
  return members.length === 0 ? '{}' : `{ ${members.join(', ')} }`
}

/** The members that JSON has, with their keys quoted. */
function membersOf(value: object): [string, unknown][] {
  return Object.entries(value).flatMap(([key, inner]) => (inner === undefined ? [] : [[JSON.stringify(key), inner]]))
}
