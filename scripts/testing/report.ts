/** The message that ends a worker; any other message is the path of a test file. */
export const END = ''

/** Begins the comment with which a worker reports a file that has ended; the rest of the comment is JSON. */
export const REPORT = 'file-report '

export interface FileReport {
  file: string
  milliseconds: number
  /** Numbers of assertions. */
  passed: number
  failed: number
  skipped: number
  /** Problems of the file other than failed assertions. */
  faults: string[]
}
