/**
 * A type or a field of a notification or a REST response that the vocabulary does not know.
 * It contains no phone number, no key and no text of the notification.
 */
export interface Drift {
  /** The EventType as received, masked; an empty string when there was none. */
  type: string
  /** The path of the field, masked, such as `Body.Queue`; an empty string when the type itself is unknown. */
  field: string
  /** The shape of the value. */
  sample: string
}

/** Stands for all types and fields beyond a limit. */
export const OTHER_FIELDS = '…'
