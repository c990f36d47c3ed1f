import { readFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { callWithRest, classicCall, contactCenterCall, cutCall, partOfCall } from './calls.js'
import { factsOfCompany } from './facts.js'

/**
 * Checks the histories that a seed makes; throws where a fold is wrong. May give back how many they were, when not one.
 */
export type Property = (seed: number) => unknown

/** By the sentences that they prove. */
export const PROPERTIES: Readonly<Record<string, Property>> = {
  'classic webhooks of a call fold to the truth, however they come': classicCall,
  'contact-center webhooks of a call fold to the truth, however they come': contactCenterCall,
  'with REST a call folds to the refined truth': callWithRest,
  'a part of a call folds to one row in any order, and REST heals it': partOfCall,
  'a call as of one instant, as known at another, is the truth then': cutCall,
  'voicemails, messages, numbers, contacts, extensions and presence fold to the truth, however they come':
    factsOfCompany
}

export const EXAMPLES_FILE = path.join(PROJECT_ROOT, 'test/properties/examples.json')

/** Seeds that have failed once, by the property: they are tried first, for ever. */
export function examplesOf(name: string): number[] {
  return (JSON.parse(readFileSync(EXAMPLES_FILE, 'utf8')) as Record<string, number[]>)[name] ?? [] // our own file
}
