import type { MessageReported } from '../events/message.js'
import { randomMoment, randomReadTime, randomTimeAfter, restEnvelope, type Setting } from './fact.js'
import { formatInstant } from './instant.js'
import type { Random } from './random.js'
import { type BusinessNumber, type Client, randomClient, type Staff } from './staff.js'
import type { TrueMessage, TrueThread } from './truth.js'

export interface SimulatedMessages {
  facts: MessageReported[]
  messages: TrueMessage[]
  threads: TrueThread[]
}

const TEXTS = [
  'Is 3 pm still fine?',
  'Yes, see you then.',
  'Bitte um Rückruf 🙏',
  'Your order has shipped.',
  'Can you send the invoice again?',
  'STOP'
] as const
const PER_CONVERSATION = 5

/** Simulates text messages with clients, in conversations, and the facts by which the journal reports them. */
export function simulateMessages(setting: Setting, staff: Staff, count: number): SimulatedMessages {
  const { random } = setting
  const texting = staff.numbers.filter(number => number.smsEnabled)
  const conversations = Array.from({ length: Math.ceil(count / PER_CONVERSATION) }, () => ({
    line: random.pick(texting),
    client: randomClient(random, staff)
  }))
  const messages = Array.from({ length: count }, () => randomMoment(setting))
    .sort((a, b) => a - b)
    .map(sentAt => createMessage(setting, staff, { ...random.pick(conversations), sentAt }))
  return { messages, facts: messages.flatMap(message => reportsOf(setting, message)), threads: threadsOf(messages) }
}

function createMessage(
  { account, random }: Setting,
  { agents }: Staff,
  { line, client, sentAt }: { line: BusinessNumber; client: Client; sentAt: number }
): TrueMessage {
  const isInbound = random.chance(0.5)
  return {
    account,
    messageId: random.hex(24),
    direction: isInbound ? 'inbound' : 'outbound',
    businessNumber: line.number,
    clientNumber: client.number,
    clientName: client.name,
    extension: isInbound ? null : random.pick(agents).extension,
    text: random.pick(TEXTS),
    attachments: randomAttachments(random),
    sentAt,
    state: isInbound ? 'received' : random.chance(0.1) ? 'failed' : 'sent',
    read: !isInbound || random.chance(0.6),
    removedAt: random.chance(0.05) ? randomTimeAfter(random, sentAt, [3_600, 86_400]) : null
  }
}

function randomAttachments(random: Random): TrueMessage['attachments'] {
  return random.chance(0.1)
    ? [{ fileName: 'photo.jpg', sizeBytes: random.int(10_000, 2_000_000), contentType: 'image/jpeg' }]
    : []
}

function reportsOf(setting: Setting, message: TrueMessage): MessageReported[] {
  const { random } = setting
  const isInbound = message.direction === 'inbound'
  let at = randomTimeAfter(random, message.sentAt, [5, 600])
  const facts = [reportMessage(setting, { ...message, read: !isInbound, removedAt: null }, at)]
  if (isInbound && message.read) {
    at = randomReadTime(setting, at, { soon: [60, 2_000], isRemoved: message.removedAt !== null })
    facts.push(reportMessage(setting, { ...message, removedAt: null }, at))
  }
  if (message.removedAt !== null)
    facts.push(reportMessage(setting, message, randomTimeAfter(random, Math.max(at, message.removedAt), [1, 600])))
  return facts
}

function reportMessage(setting: Setting, message: TrueMessage, at: number): MessageReported {
  const { account: _, state, sentAt, removedAt, ...reported } = message
  return {
    type: 'message.reported',
    route: 'journal',
    ...reported,
    sentAt: formatInstant(sentAt),
    delivery: state === 'received' ? null : state === 'failed' ? 'not-sent' : 'sent',
    removedAt: removedAt === null ? null : formatInstant(removedAt),
    ...restEnvelope(setting, at)
  }
}

/** Groups messages into threads, ordered by their newest message, newest first. */
function threadsOf(messages: readonly TrueMessage[]): TrueThread[] {
  const threads = new Map<string, TrueThread>()
  const newestFirst = messages
    .filter(message => message.removedAt === null)
    .sort((a, b) => b.sentAt - a.sentAt || (a.messageId < b.messageId ? 1 : -1))
  for (const { account, businessNumber, clientNumber, clientName, messageId, sentAt, direction, read } of newestFirst) {
    const key = `${businessNumber} ${clientNumber}`
    const thread = threads.get(key) ?? {
      account,
      businessNumber,
      clientNumber,
      clientName,
      lastMessageId: messageId,
      lastMessageAt: sentAt,
      unread: 0
    }
    threads.set(key, thread)
    if (direction === 'inbound' && !read) thread.unread++
  }
  return [...threads.values()]
}
