import type { Borrower, Lent } from '../../src/store/lasting-store.ts';

/** A shelf that is there, or not, as a test wants. */
export type LentShelf<S> = Lent<S> & {
  /** What whoever saw it fail said. */
  readonly failures: readonly unknown[];
  comeBack(shelf: S): void;
};

export function lentShelf<S>(given: S | null): LentShelf<S> {
  const borrowers: Borrower<S>[] = [];
  const failures: unknown[] = [];
  let shelf = given;
  return {
    get shelf() {
      return shelf;
    },
    failures,
    failed(error) {
      if (shelf === null) return;
      failures.push(error);
      shelf = null;
      for (const borrower of borrowers) borrower.left();
    },
    follow: (borrower) => void borrowers.push(borrower),
    comeBack(next) {
      shelf = next;
      for (const borrower of borrowers) borrower.returned(next);
    },
  };
}
