import type { Viewer } from '../access/viewer.js'

/** Viewers who see the same rows. */
export interface Scope {
  viewer: Viewer
  /** Whether to send an object that is there for it, or is not. */
  shows: (key: string, isThere: boolean) => boolean
}

const REMEMBERED = 10_000

/**
 * That an object is gone is told to whoever may see every id of the account. A scope that is bound to an organization is told so only of
 * what it was sent before, as far as that is remembered: another organization's object is not there for it either, and its id is none of its business.
 */
export function createScope (viewer: Viewer): Scope {
  const sent = new Set<string>()
  return {
    viewer,
    shows: (key, isThere) => {
      if (viewer.organization === null) return true
      const wasSent = sent.delete(key)
      if (!isThere) return wasSent
      sent.add(key)
      if (sent.size > REMEMBERED) for (const oldest of sent) { sent.delete(oldest); break }
      return true
    }
  }
}
