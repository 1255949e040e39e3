const plainWord = /^[A-Za-z0-9_./:@%+-]+$/;

/**
 * One command line for a POSIX shell that runs exactly `argv`, whatever its words contain: sshd hands the text to
 * the user's login shell. Within single quotes a shell reads nothing but the closing quote.
 * @throws TypeError for a NUL character, which no argument can contain, and for an empty `argv`.
 */
export function quoteCommand(argv: readonly string[]): string {
  if (argv.length === 0) throw new TypeError('A command has at least one word.');
  return argv.map(quoteWord).join(' ');
}

function quoteWord(word: string): string {
  if (word.includes('\0')) throw new TypeError('A command word cannot contain a NUL character.');
  return plainWord.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
