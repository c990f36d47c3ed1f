import { xoroshiro128plusFromState } from 'pure-rand/generator/xoroshiro128plus'

/** Randomness of one subject of a company: the same seed and subject always give the same draws. */
export interface Random {
  /** A whole number from min to max, both included. */
  int: (min: number, max: number) => number
  /** True in such a share (0 to 1) of the draws. */
  chance: (share: number) => boolean
  /** @throws RangeError  there is nothing to pick from */
  pick: <T>(items: readonly T[]) => T
  shuffled: <T>(items: readonly T[]) => T[]
  uuid: () => string
  /** So many hexadecimal digits. */
  hex: (digits: number) => string
}

const WORD = 2 ** 32
// toString(16) of a word takes a microsecond
const BYTES = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/**
 * @param subject  draws of one subject leave those of the others as they are: a company with messages has the same
 * calls as without
 */
export function createRandom(seed: number, subject: number): Random {
  const base = mix(Math.imul(subject, 0x9e3779b9) ^ seed)
  // The library's own seeding leaves neighbouring seeds alike in their first draws, and a small company has only few.
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
      if (item === undefined) throw new RangeError('there is nothing to pick from')
      return item
    },
    shuffled: items =>
      items
        .map(item => ({ item, order: share() }))
        .sort((a, b) => a.order - b.order)
        .map(({ item }) => item),
    uuid: () => {
      const digits = hex(32)
      return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-4${digits.slice(13, 16)}-a${digits.slice(17, 20)}-${digits.slice(20)}`
    },
    hex
  }
}

/** A word in which every bit depends on every bit (the finalizer of MurmurHash3). */
function mix(word: number): number {
  let mixed = word | 0
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return mixed ^ (mixed >>> 16)
}
