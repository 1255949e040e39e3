/** Looking into values whose shape has not been judged yet, so that every mistake can be told at once. */

export function asRecord(value: unknown): Readonly<Record<string, unknown>> | null {
  // An object that is neither null nor a list has string keys; what they hold stays unknown.
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Readonly<Record<string, unknown>>)
    : null;
}

export function asList(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function asText(value: unknown): string | null {
  return typeof value === 'string' ? value : null;
}
