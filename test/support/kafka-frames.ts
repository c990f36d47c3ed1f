import type { Socket } from 'node:net'

// As much of the Kafka protocol as the proxy must understand: every message begins with its length (i32); a request
// goes on with its kind (i16), the version of it (i16) and a number (i32), which is what the answer begins with.

export interface RequestHead {
  apiKey: number
  version: number
}

/** Calls back with each whole message, its length in front. */
export function onFrames(socket: Socket, take: (frame: Buffer) => void): void {
  let rest = Buffer.alloc(0)
  socket.on('data', chunk => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0)
      take(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
  })
}

/**
 * The answer, with another port wherever it names 127.0.0.1 with this one. A port has always four bytes, so nothing
 * moves.
 */
export function withPort(frame: Buffer, from: number, to: number): Buffer {
  const host = Buffer.from('\0\x09127.0.0.1')
  for (let at = frame.indexOf(host); at >= 0; at = frame.indexOf(host, at + 1)) {
    const portAt = at + host.length
    if (frame.readInt32BE(portAt) === from) frame.writeInt32BE(to, portAt)
  }
  return frame
}

/**
 * A Produce answer of version 7 without the last partition of its first topic:
 * number i32, topics [count i32, name, partitions [count i32, 30 bytes each]], throttle time i32.
 */
export function removePartition(frame: Buffer, { version }: RequestHead): Buffer {
  if (version !== 7) throw new Error(`the proxy knows version 7 of Produce, not ${version}`)
  const countAt = 4 + 4 + 4 + 2 + frame.readInt16BE(12)
  const count = frame.readInt32BE(countAt)
  frame.writeInt32BE(count - 1, countAt)
  const lastAt = countAt + 4 + (count - 1) * PARTITION_BYTES
  const answer = Buffer.concat([frame.subarray(0, lastAt), frame.subarray(lastAt + PARTITION_BYTES)])
  answer.writeInt32BE(answer.length - 4, 0)
  return answer
}

const PARTITION_BYTES = 30 // partition i32, error i16, offset, append time and first offset, i64 each
