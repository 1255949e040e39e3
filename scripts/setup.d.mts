export const root: string;
export class SetupError extends Error {}
export function ensureDebianPackages(names: readonly string[]): Promise<void>;
