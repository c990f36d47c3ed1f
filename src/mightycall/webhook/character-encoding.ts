import { isUtf8 } from 'node:buffer'

/**
 * Returns the text of a body in UTF-8, so that it is parsed, masked and stored like any other. UTF-16 is recognized by
 * its byte order mark, or by a first character that is an opening brace. The charset only counts for other bytes that
 * are not UTF-8, since JSON is UTF-8 whatever its Content-Type says (RFC 8259). Bytes that cannot be decoded without
 * loss are returned as they are.
 *
 * @param charset  the parameter of the Content-Type, or null
 */
export function toUtf8(body: Buffer, charset: string | null = null): Buffer {
  const encoding = utf16Of(body) ?? (charset !== null && !isUtf8(body) ? charset : null)
  if (encoding === null) return body
  try {
    return Buffer.from(new TextDecoder(encoding, { fatal: true, ignoreBOM: true }).decode(body))
  } catch {
    return body // an unknown charset, or bytes that are not text in it
  }
}

function utf16Of(body: Buffer): 'utf-16le' | 'utf-16be' | null {
  if (body.length < 2) return null
  const unit = body.readUInt16BE()
  if (unit === 0xfffe || unit === 0x7b00) return 'utf-16le'
  return unit === 0xfeff || unit === 0x007b ? 'utf-16be' : null
}

/** Returns the charset parameter of a Content-Type, or null. */
export function charsetOf(contentType: string | undefined): string | null {
  return /;\s*charset\s*=\s*"?([^\s";,]+)/i.exec(contentType ?? '')?.[1] ?? null
}
