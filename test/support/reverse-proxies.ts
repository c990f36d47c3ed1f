import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { PROJECT_ROOT } from '../../src/lib/package-root.js'
import { eventually } from './eventually.js'
import { freePorts } from './free-ports.js'
import type { Teardown } from './teardown.js'
import { tempDir } from './temp-dir.js'

export type ProxyName = 'nginx' | 'caddy'
export const PROXIES: readonly ProxyName[] = ['nginx', 'caddy']

const FOLDERS = ['/usr/sbin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin']
const programOf = (name: ProxyName) => FOLDERS.map(folder => path.join(folder, name)).find(existsSync)

export interface Proxy {
  url: string
  /** Returns what it has logged so far. */
  output: () => string
}

/** Options of a test that needs the proxy. Without it the test is skipped visibly, or fails if REQUIRE_PROXIES=1. */
export function needsProxy(name: ProxyName): { skip?: string } {
  return programOf(name) || process.env.REQUIRE_PROXIES === '1'
    ? {}
    : { skip: `${name} is not installed: apt-get install ${name}` }
}

/** Returns the block of this language in docs/reverse-proxies.md. */
function snippet(language: string): string {
  const page = readFileSync(path.join(PROJECT_ROOT, 'docs/reverse-proxies.md'), 'utf8')
  const [, text] = new RegExp(`\`\`\`${language}\n([^\`]*)\`\`\``).exec(page) ?? []
  if (text === undefined) throw new Error(`docs/reverse-proxies.md has no block "${language}"`)
  return text
}

/** Replaces a text of a documented snippet, which must be there. */
function adapt(text: string, from: string, to: string): string {
  if (!text.includes(from)) throw new Error(`the snippet does not contain "${from}"`)
  return text.replaceAll(from, to)
}

/**
 * Starts a proxy with the documented configuration, of which only the addresses are replaced. It is stopped when the
 * test ends.
 * @param service  the port of the service
 */
export async function startProxy(t: Teardown, name: ProxyName, service: number): Promise<Proxy> {
  const dir = tempDir(t)
  const [port = 0] = await freePorts(1)
  const file = path.join(dir, 'config')
  const url = `http://127.0.0.1:${port}`
  writeFileSync(file, name === 'nginx' ? nginxConfig(port, service) : caddyConfig(url, service))
  const program = programOf(name)
  if (!program) throw new Error(`REQUIRE_PROXIES is set, and ${name} is not installed`)
  const args =
    name === 'nginx'
      ? ['-p', dir, '-c', file, '-e', 'stderr', '-g', 'daemon off;']
      : ['run', '--config', file, '--adapter', 'caddyfile']
  const child = spawn(program, args, { env: { ...process.env, HOME: dir }, stdio: ['ignore', 'pipe', 'pipe'] })
  let printed = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => {
      printed += chunk
    })
  const exited = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGTERM')
    await exited
  })
  await eventually(`${name} listens`, async () => {
    if (child.exitCode !== null) throw new Error(`${name} has exited: ${printed}`)
    return fetch(url).then(
      () => true,
      () => false
    )
  })
  const accessLog = path.join(dir, 'access.log')
  return { url, output: () => printed + (existsSync(accessLog) ? readFileSync(accessLog, 'utf8') : '') }
}

function nginxConfig(port: number, service: number): string {
  const addressed = adapt(snippet('nginx'), 'server 127.0.0.1:8080;', `server 127.0.0.1:${service};`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(what => `${what}_temp_path tmp-${what};`)
  return [
    ...(process.getuid?.() === 0 ? ['user root;'] : []), // its workers read the folder of the test
    'pid nginx.pid;',
    'worker_processes 1;',
    'events {}',
    'http {',
    'access_log access.log;',
    ...temporary,
    adapt(addressed, 'listen 80;', `listen 127.0.0.1:${port};`),
    '}'
  ].join('\n')
}

function caddyConfig(url: string, service: number): string {
  const addressed = adapt(snippet('caddyfile'), '127.0.0.1:8080', `127.0.0.1:${service}`)
  return `{\n\tadmin off\n}\n${adapt(addressed, 'calls.example.com', url)}`
}
