/** The part of a test that helpers need to clean up after themselves. Benches and chaos runs provide it as well. */
export interface Teardown {
  teardown: (fn: () => Promise<void> | void) => void
}
