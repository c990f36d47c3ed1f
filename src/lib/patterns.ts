/** 43 URL-safe characters encode 32 random bytes. */
export const WEBHOOK_TOKEN = '[A-Za-z0-9_-]{43,256}'

/** A whole string that is one webhook token. */
export const WEBHOOK_TOKEN_PATTERN = `^${WEBHOOK_TOKEN}$`
