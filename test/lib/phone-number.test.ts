import type { CountryCode } from 'libphonenumber-js/min'
import t from 'tap'
import { normalizeParty } from '../../src/events/text.js'
import { isCallable, phoneNumberReadings } from '../../src/lib/phone-number.js'

const PARTIES: [region: CountryCode, text: string, party: string][] = [
  // one reader for every notation
  ['US', '+12025550123', '+12025550123'],
  ['US', '(202) 555-0123', '+12025550123'],
  ['US', '1.202.555.0123', '+12025550123'],
  ['US', '+1/202/555-0123', '+12025550123'],
  ['US', 'sip:+12025550123@pbx.example.com:5060;user=phone', '+12025550123'],
  ['US', 'sips:%2B12025550123@pbx.example.com', '+12025550123'],
  ['US', 'tel:+1-202-555-0123', '+12025550123'],
  ['US', 'TEL:+12025550123;phone-context=example.com', '+12025550123'],
  ['US', '+12025550123;ext=5', '+12025550123'],
  ['US', '202-555-0123 ext. 5', '+12025550123'],
  ['US', '202-555-0123 x5', '+12025550123'],
  ['US', '"Bob" <+12025550123>', '+12025550123'],
  ['US', 'Bob <sip:+12025550123@pbx.example.com>;tag=1', '+12025550123'],
  ['US', '+1 (202) 555\u20110123', '+12025550123'],
  ['US', '202\u2013555\u20130123', '+12025550123'],
  ['US', '\u202a+12025550123\u202c', '+12025550123'],
  ['US', '\u200e+1 202 555 0123\u200f', '+12025550123'],
  ['US', '\uff0b\uff11\uff12\uff10\uff12\uff15\uff15\uff15\uff10\uff11\uff12\uff13', '+12025550123'],
  ['US', '+44 (0)20 7946 0123', '+442079460123'],
  // the international prefix is that of the region
  ['US', '011 44 20 7946 0123', '+442079460123'],
  ['GB', '00 1 202 555 0123', '+12025550123'],
  ['HK', '001 1 202 555 0123', '+12025550123'],
  ['GB', '020 7946 0123', '+442079460123'],
  // no number is invented
  ['US', '0000000000', '0000000000'],
  ['US', '001 202 555 0123', '001 202 555 0123'],
  ['US', '00 1 202 555 0123', '00 1 202 555 0123'],
  ['US', '020 7946 0123', '020 7946 0123'],
  ['US', '+1', '+1'],
  ['US', '+0', '+0'],
  ['US', '+4420794601231234567', '+4420794601231234567'],
  ['US', '1234567890123456789', '1234567890123456789'],
  ['US', '5550123', '5550123'],
  ['US', '7378742833', '7378742833'],
  ...['911', '988', '411', '112', '105', '24365', '*98', '#31#'].map((short): [CountryCode, string, string] => [
    'US',
    short,
    short
  ]),
  ...(['DE', 'AT', 'FI', 'SB'] as const).map((region): [CountryCode, string, string] => [region, '12345', '12345']),
  // what surrounds a short number is removed as well
  ['US', 'tel:911', '911'],
  ['US', 'sip:105@pbx.example.com', '105'],
  ['US', '\u202a911\u202c', '911'],
  // names stay names
  ['US', 'Contact us', 'Contact us'],
  ['US', 'Contact us 24/7', 'Contact us 24/7'],
  ['US', '24/7', '24/7'],
  ['US', '7x24', '7x24'],
  ['US', 'Sales x5', 'Sales x5'],
  ['US', 'Call 202 555 0123', 'Call 202 555 0123'],
  ['US', '1-800-FLOWERS', '1-800-FLOWERS'],
  ['US', 'sip:bob@pbx.example.com', 'sip:bob@pbx.example.com'],
  ['US', 'Cafe\u0301 Zoe\u0308', 'Cafe\u0301 Zoe\u0308']
]

for (const [region, text, party] of PARTIES)
  t.test(`the party ${JSON.stringify(text)} in ${region} is read as ${party}`, async t => {
    t.equal(normalizeParty(text, region), party)
    t.equal(normalizeParty(party, region), party, 'and is read as the same again')
  })

t.test('only a possible number can be called back', async t => {
  for (const number of [
    '+12025550123',
    '+15559371200',
    '+442079460123',
    '+447700900123',
    '+4915123456789',
    '+390612345678'
  ])
    t.ok(isCallable(number), number)
  for (const number of [
    '+266696687',
    '+7378742833',
    '+17378742833',
    '+2562533',
    '+8566696',
    '+86282452253',
    '+1',
    '+0',
    '+10000000000',
    '+11202555012',
    '0000000000',
    '+440000000000',
    '+4420794601231234567',
    '+120255501234',
    '911',
    '2025550123',
    'Contact us',
    ''
  ])
    t.notOk(isCallable(number), number)
})

t.test('a search reads a number as any region may mean it', async t => {
  for (const [text, number] of [
    ['001-1-202-555-0111', '+12025550111'],
    ['00 1 202 555 0111', '+12025550111'],
    ['011 44 20 7946 0123', '+442079460123'],
    ['202\u2013555\u20130111', '+12025550111'],
    ['tel:+12025550111', '+12025550111']
  ] as const)
    t.ok(phoneNumberReadings(text, ['US']).includes(number), text)
  t.strictSame(phoneNumberReadings('020 7946 0123', ['US', 'GB']), ['+442079460123'])
  t.strictSame(phoneNumberReadings('911', ['US']), [])
  t.strictSame(phoneNumberReadings('Contact us', ['US']), [])
})
