/** `Key:   value` lines, as dominfo, net-info and nodeinfo print them. */
export function readPairs(text: string): Readonly<Record<string, string>> {
  const pairs = text.split('\n').flatMap((line) => {
    const [, key, value] = /^(.+?):\s*(.*)$/.exec(line) ?? [];
    return key === undefined || value === undefined ? [] : [[key, value] as const];
  });
  return Object.fromEntries(pairs);
}

/** Rows of a table with a line of headings and one of dashes; columns are two or more spaces apart. */
export function readTable(text: string): Readonly<Record<string, string>>[] {
  const [heading = '', , ...rows] = text.split('\n');
  const columns = heading.trim().split(/\s{2,}/);
  return rows
    .filter((row) => row.trim() !== '')
    .map((row) => {
      const cells = row.trim().split(/\s{2,}/);
      return Object.fromEntries(columns.map((column, index) => [column, cells[index] ?? '']));
    });
}

/** `16384 KiB` in bytes. */
export function readKib(text: string | undefined): number {
  const [, digits] = /^(\d+) KiB$/.exec(text ?? '') ?? [];
  if (digits === undefined) throw new Error(`not a size in KiB: ${text}`);
  return Number(digits) * 1024;
}

/** `12.34 GiB` or `-` cannot be compared exactly; with `--bytes` virsh prints the number. */
export function readYes(text: string | undefined): boolean {
  if (text === 'yes' || text === 'enable') return true;
  if (text === 'no' || text === 'disable') return false;
  throw new Error(`neither yes nor no: ${text}`);
}
