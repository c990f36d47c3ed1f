/**
 * The code of an error or of its cause, or else its name: a message may quote a value or a payload. drizzle has the
 * SQLSTATE in the cause.
 */
export function codeOrNameOf(err: unknown): string {
  if (!(err instanceof Error)) return 'Error'
  if ('code' in err && typeof err.code === 'string') return err.code
  return err.cause instanceof Error ? codeOrNameOf(err.cause) : err.name
}
