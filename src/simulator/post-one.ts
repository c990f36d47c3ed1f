/** MightyCall waits no longer for an answer (source: integrators' comments). */
export const RESPONSE_TIMEOUT_MS = 8_000

/**
 * The status of the answer, or null when there is none. Connections are kept alive; a redirection is not followed,
 * since nobody asked for that address.
 */
export async function postOne(url: URL, body: object, patienceMs = RESPONSE_TIMEOUT_MS): Promise<number | null> {
  try {
    const response = await fetch(url, {
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(patienceMs)
    })
    await response.arrayBuffer() // else the connection cannot be used again
    return response.status
  } catch {
    return null
  }
}
