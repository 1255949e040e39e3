/** The `engines` of package.json, which npm only warns of. */
const needed = { major: 22, minor: 18 } as const;

/** Why this version of Node cannot run the gateway; `null`: it can. An older one would fail in the middle of something. */
export function nodeVersionProblem(version: string): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (major > needed.major || (major === needed.major && minor >= needed.minor)) return null;
  return `Node ${needed.major}.${needed.minor} or newer is needed; this is Node ${version}.`;
}
