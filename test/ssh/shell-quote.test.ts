import { execFileSync } from 'node:child_process';
import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { quoteCommand } from '../../src/ssh/shell-quote.ts';

/** The words as a shell's command receives them, each ended by a NUL. */
function wordsSeenByShell(shell: string, argv: readonly string[]): string[] {
  const output = execFileSync(shell, ['-c', quoteCommand(['printf', '%s\\0', ...argv])], { encoding: 'utf8' });
  return output.split('\0').slice(0, -1);
}

const specialCharacters = `'"\\$\`!*?[]{}()<>|&;#~=% \t\n\ra-`.split('');

const word = fc.oneof(
  fc.string({ unit: fc.constantFrom(...specialCharacters), maxLength: 12 }),
  fc.string({ unit: 'grapheme', maxLength: 12 }).filter((text) => !text.includes('\0')),
);

describe('quoteCommand', () => {
  test.each(['sh', 'bash'])('%s hands every word on as it was', (shell) => {
    fc.assert(
      fc.property(fc.array(word, { minLength: 1, maxLength: 5 }), (argv) => {
        expect(wordsSeenByShell(shell, argv)).toEqual(argv);
      }),
      { numRuns: 150 },
    );
  });

  test('what needs no quotes stays readable', () => {
    expect(quoteCommand(['nc', '-U', '/run/libvirt/libvirt-sock'])).toBe('nc -U /run/libvirt/libvirt-sock');
  });

  test('a command that is a keyword or an assignment of the shell is not taken for one', () => {
    expect(quoteCommand(['PATH=/tmp', 'id'])).toBe("'PATH=/tmp' id");
  });

  test('a word that no program can be given is an error, as is no word at all', () => {
    expect(() => quoteCommand(['a\0b'])).toThrow(TypeError);
    expect(() => quoteCommand([])).toThrow(TypeError);
  });
});
