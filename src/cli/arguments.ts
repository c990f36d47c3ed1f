import { InvalidArgumentError } from 'commander'

// Of options: commander prints what is wrong, and which option it was.

export function parseRate (text: string): number {
  const rate = Number(text)
  if (!(rate > 0 && rate <= 100_000)) throw new InvalidArgumentError('It must be a number above 0, at most 100000.')
  return rate
}

export function parseShare (text: string): number {
  const share = Number(text)
  if (!(share >= 0 && share <= 1)) throw new InvalidArgumentError('It must be a number from 0 to 1.')
  return share
}

export function parseWhole (least: number, most = Number.MAX_SAFE_INTEGER): (text: string) => number {
  return text => {
    const number = Number(text)
    if (!Number.isSafeInteger(number) || number < least || number > most) throw new InvalidArgumentError(`It must be a whole number from ${least} ${most === Number.MAX_SAFE_INTEGER ? 'on' : `to ${most}`}.`)
    return number
  }
}
