/**
 * The format of a parameter that is an RFC 3339 instant or a day. Ajv accepts any text: the handler reads the parameter
 * and refuses an invalid one with a better message. The OpenAPI document shows the pattern.
 */
export const INSTANT_OR_DAY = {
  format: 'instant-or-day',
  pattern:
    '^\\d{4}-\\d{2}-\\d{2}' +
    '([Tt]([01]\\d|2[0-3]):[0-5]\\d:[0-5]\\d(\\.\\d{1,9})?([Zz]|[+-]([01]\\d|2[0-3]):[0-5]\\d))?$'
}
