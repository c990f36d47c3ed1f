/**
 * Returns the command that starts a program without the NODE_OPTIONS of the tests. Tap loads its hooks into every Node
 * process below a test, which doubles the start time. It sets them after the test has composed the environment, so that
 * only `env` can remove them.
 */
export function withoutHooks(command: string, args: readonly string[]): [command: string, args: string[]] {
  return ['env', ['-u', 'NODE_OPTIONS', command, ...args]]
}
