/**
 * The number that a running domain's text has for it; `null`: it is of one that is off. For a text that has been parsed
 * before, and whose root is therefore a domain's: libvirt escapes what could end a tag early.
 */
export function runningId(xml: string): number | null {
  const id = /^[^<]*<domain\b[^>]*?\sid=['"](\d+)['"]/.exec(xml)?.[1];
  return id === undefined ? null : Number(id);
}
