/** Everything that happened in a run, in order: who reads a failure wants to know what went before it. */

export type Happening = {
  /** Milliseconds since the run began. */
  readonly atMs: number;
  readonly kind: 'operation' | 'nemesis' | 'change' | 'client' | 'gateway' | 'violation' | 'phase';
  readonly who: string;
  readonly text: string;
  /** The host that it is about, where it is about one. */
  readonly host: string | null;
  /** The UUID or id of the object, where it is about one. */
  readonly subject: string | null;
};

export type RunRecord = {
  readonly happenings: readonly Happening[];
  readonly violations: readonly Happening[];
  note(happening: Omit<Happening, 'atMs' | 'host' | 'subject'> & Partial<Pick<Happening, 'host' | 'subject'>>): void;
  /** A promise was broken. */
  violate(who: string, text: string, about?: Partial<Pick<Happening, 'host' | 'subject'>>): void;
  /** How many of a kind, by its text's first word. */
  counts(kind: Happening['kind']): ReadonlyMap<string, number>;
  /** The last `limit` happenings around an object, by any of its names: its own, and what was done to its host or to all. */
  around(host: string | null, subjects: readonly string[], limit: number): readonly Happening[];
};

/** @param print called with each happening of a run that is watched */
export function createRecord(print: (happening: Happening) => void = () => {}): RunRecord {
  const startedAt = performance.now();
  const happenings: Happening[] = [];
  const violations: Happening[] = [];
  const record: RunRecord = {
    happenings,
    violations,
    note(part) {
      const happening = { host: null, subject: null, ...part, atMs: Math.round(performance.now() - startedAt) };
      happenings.push(happening);
      if (happening.kind === 'violation') violations.push(happening);
      print(happening);
    },
    violate: (who, text, about = {}) => record.note({ kind: 'violation', who, text, ...about }),
    counts(kind) {
      const counts = new Map<string, number>();
      for (const happening of happenings) {
        if (happening.kind !== kind) continue;
        const [word = ''] = happening.text.split(' ');
        counts.set(word, (counts.get(word) ?? 0) + 1);
      }
      return counts;
    },
    around(host, subjects, limit) {
      const isNear = (happening: Happening) => {
        if (happening.subject !== null) {
          return subjects.includes(happening.subject) && (happening.host === null || happening.host === host);
        }
        return happening.kind !== 'client' && (happening.host === null || happening.host === host);
      };
      return happenings.filter(isNear).slice(-limit);
    },
  };
  return record;
}

export function lineOf({ atMs, kind, who, text, host }: Happening): string {
  return `${(atMs / 1000).toFixed(3).padStart(9)} ${kind.padEnd(9)} ${who}${host === null ? '' : ` [${host}]`}: ${text}`;
}
