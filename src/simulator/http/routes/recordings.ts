import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { isLinkValid } from '../wire.js'
import type { RouteContext } from './context.js'

/** A second of silence: 8,000 samples of 8 bits. */
const SILENCE = Buffer.concat([wavHeader(8_000), Buffer.alloc(8_000, 128)])

/**
 * Serves recordings, voicemails and attachments. Their links point to media.mightycall.com; tests replace the host by
 * this server and keep the path and the query. An expired link leads to an HTML page (source: integrators).
 */
export function recordingRoutes(app: FastifyInstance, { world, now }: Pick<RouteContext, 'world' | 'now'>): void {
  const answer = (request: FastifyRequest, reply: FastifyReply) =>
    isLinkValid(new URL(request.url, 'http://localhost'), { seed: world.seed, now: now() })
      ? reply.type('audio/wav').send(SILENCE)
      : reply.code(403).type('text/html').send('<html><body>The link has expired.</body></html>')
  for (const path of ['/records/:file', '/voicemails/:file', '/mms/:id/:n']) app.get(path, answer)
}

function wavHeader(dataBytes: number): Buffer {
  const header = Buffer.alloc(44)
  header.write('RIFF', 0)
  header.writeUInt32LE(36 + dataBytes, 4)
  header.write('WAVEfmt ', 8)
  header.writeUInt32LE(16, 16)
  header.writeUInt16LE(1, 20) // PCM
  header.writeUInt16LE(1, 22) // mono
  header.writeUInt32LE(8_000, 24)
  header.writeUInt32LE(8_000, 28)
  header.writeUInt16LE(1, 32)
  header.writeUInt16LE(8, 34)
  header.write('data', 36)
  header.writeUInt32LE(dataBytes, 40)
  return header
}
