import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync, type ZlibOptions } from 'node:zlib'
import { errorCodes } from 'fastify'

type Decode = (body: Buffer, options: ZlibOptions) => Buffer

/** Synchronous: the size bounds the work, and asynchronous ones would take threads that fdatasync needs. */
const DECODERS: Readonly<Record<string, Decode>> = {
  gzip: gunzipSync,
  'x-gzip': gunzipSync,
  deflate: (body, options) => (hasZlibHeader(body) ? inflateSync : inflateRawSync)(body, options),
  br: brotliDecompressSync
}

/** For the Accept-Encoding header of a refusal (RFC 9110, 15.5.16). */
export const ACCEPTED_ENCODINGS = 'gzip, deflate, br'

/** `null` for a body that is not encoded, `unsupported` for another encoding than the accepted ones, or several. */
export type ContentEncoding = keyof typeof DECODERS | 'unsupported' | null

export function contentEncodingOf(header: string | undefined): ContentEncoding {
  const encodings = (header ?? '').toLowerCase().split(',')
  const [first, ...others] = encodings.map(name => name.trim()).filter(name => name !== '' && name !== 'identity')
  if (first === undefined) return null
  return others.length === 0 && Object.hasOwn(DECODERS, first) ? first : 'unsupported'
}

/**
 * Undoes the Content-Encoding of a body. Decoding ends as soon as the result exceeds `maxBytes`. A body that is not
 * what its encoding says is returned as it is: it may be plain JSON, and is stored in any case.
 *
 * @throws FST_ERR_CTP_BODY_TOO_LARGE  the decoded body is larger than `maxBytes`
 */
export function decodeContent(body: Buffer, encoding: ContentEncoding, maxBytes: number): Buffer {
  const decode = encoding === null ? undefined : DECODERS[encoding]
  if (!decode || body.length === 0) return body
  try {
    return decode(body, { maxOutputLength: maxBytes })
  } catch (err) {
    // Node sets the code
    if ((err as NodeJS.ErrnoException).code === 'ERR_BUFFER_TOO_LARGE')
      throw new errorCodes.FST_ERR_CTP_BODY_TOO_LARGE()
    return body
  }
}

/** Some senders omit the zlib header (RFC 1950) that the encoding `deflate` requires. */
function hasZlibHeader(body: Buffer): boolean {
  return body.length >= 2 && (body.readUInt8() & 0x0f) === 8 && body.readUInt16BE() % 31 === 0
}
