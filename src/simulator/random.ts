import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'

/** A random generator for one subject of a company. The same seed and subject always give the same sequence. */
export interface Random {
  /** Returns an integer from min to max, inclusive. */
  int: (min: number, max: number) => number
  /** Returns true with the probability `share`, 0 to 1. */
  chance: (share: number) => boolean
  /** @throws RangeError  `items` is empty */
  pick: <T>(items: readonly T[]) => T
  shuffled: <T>(items: readonly T[]) => T[]
  uuid: () => string
  /** Returns a string of hexadecimal digits. */
  hex: (digits: number) => string
}

const WORD = 2 ** 32
// a table, since toString(16) of a word takes a microsecond
const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * @param subject  separates the sequences: a company has the same calls with messages as without
 */
export function createRandom(seed: number, subject: number): Random {
  const base = mix(Math.imul(subject, 0x9e3779b9) ^ seed)
  // The library's own seeding gives adjacent seeds similar first draws, and a small company makes only few draws.
  const rng = xoroshiro128plusFromState([mix(base + 1), mix(base + 2), mix(base + 3), mix(base + 4) | 1])
  const share = () => (rng.next() >>> 0) / WORD
  const int = (min: number, max: number) => min + Math.floor(share() * (max - min + 1))
  const hex = (digits: number) => {
    let text = ''
    while (text.length < digits) {
      const word = rng.next()
      text += `${BYTES[word >>> 24]}${BYTES[(word >>> 16) & 255]}${BYTES[(word >>> 8) & 255]}${BYTES[word & 255]}`
    }
    return text.slice(0, digits)
  }
  return {
    int,
    chance: wanted => share() < wanted,
    pick: items => {
      const item = items[int(0, items.length - 1)]
      if (item === undefined) throw new RangeError('cannot pick from an empty list')
      return item
    },
    shuffled: items =>
      items
        .map(item => ({ item, order: share() }))
        .sort((a, b) => a.order - b.order)
        .map(({ item }) => item),
    uuid: () => formatUuid(hex(32)),
    hex
  }
}

/** Formats 32 or more hexadecimal digits as a UUID of version 4. */
export function formatUuid(digits: string): string {
  const [a, b, c, d] = [digits.slice(0, 8), digits.slice(8, 12), digits.slice(13, 16), digits.slice(17, 20)]
  return `${a}-${b}-4${c}-a${d}-${digits.slice(20, 32)}`
}

/** Mixes a word so that every bit of the result depends on every bit (the finalizer of MurmurHash3). */
function mix(word: number): number {
  let mixed = word | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
