import type { Socket } from 'node:net'

// The part of the Kafka protocol that the proxy must understand. Every message begins with its length (i32). In a
// request the API key (i16), its version (i16) and the correlation id (i32) follow; a response begins with that id.

export interface RequestHead {
  apiKey: number
  version: number
}

/** Calls `onFrame` with each complete message, including its length prefix. */
export function onFrames(socket: Socket, onFrame: (frame: Buffer) => void): void {
  let rest = Buffer.alloc(0)
  socket.on('data', chunk => {
    rest = Buffer.concat([rest, chunk])
    while (rest.length >= 4 && rest.length >= 4 + rest.readInt32BE(0)) {
      const end = 4 + rest.readInt32BE(0)
      onFrame(rest.subarray(0, end))
      rest = rest.subarray(end)
    }
  })
}

/**
 * Replaces the port wherever the response names 127.0.0.1 with the port `from`. A port always has four bytes, so the
 * offsets do not change.
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
 * Removes the last partition of the first topic from a Produce response of version 7, which consists of:
 * correlation id i32, topics [count i32, name, partitions [count i32, 30 bytes each]], throttle time i32.
 */
export function removePartition(frame: Buffer, { version }: RequestHead): Buffer {
  if (version !== 7) throw new Error(`the proxy supports version 7 of Produce, not ${version}`)
  const countAt = 4 + 4 + 4 + 2 + frame.readInt16BE(12)
  const count = frame.readInt32BE(countAt)
  frame.writeInt32BE(count - 1, countAt)
  const lastAt = countAt + 4 + (count - 1) * PARTITION_BYTES
  const response = Buffer.concat([frame.subarray(0, lastAt), frame.subarray(lastAt + PARTITION_BYTES)])
  response.writeInt32BE(response.length - 4, 0)
  return response
}

const PARTITION_BYTES = 30 // partition i32, error i16, offset, append time and first offset, i64 each
