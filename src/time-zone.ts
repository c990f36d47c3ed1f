/** True for a name of the IANA database that this Node knows. An offset like +02:00 is none: it has no summer time. */
export function isTimeZone (name: string): boolean {
  if (!/^[A-Za-z]/.test(name)) return false
  try {
    new Intl.DateTimeFormat('en', { timeZone: name })
    return true
  } catch {
    return false
  }
}
