/**
 * What to spawn for a program without the NODE_OPTIONS of the tests: tap loads its hooks into every node below a test,
 * which doubles the time of its start, and sets them after we have made the environment. So `env` takes them out again.
 */
export function withoutHooks(command: string, args: readonly string[]): [command: string, args: string[]] {
  return ['env', ['-u', 'NODE_OPTIONS', command, ...args]]
}
