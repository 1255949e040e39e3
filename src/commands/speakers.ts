/** Text of several who speak at once, written as if they had spoken one after the other. */
export type Speakers = {
  /** Written at once if it is the speaker's turn; else kept until it is. */
  say(speaker: number, text: string): void;
  /** The speaker has no more to say. */
  done(speaker: number): void;
  /** Whose text is written as it comes. */
  readonly current: number;
};

export function createSpeakers(count: number, write: (text: string) => void): Speakers {
  const kept = Array.from({ length: count }, () => '');
  const isDone = Array.from({ length: count }, () => false);
  let current = 0;
  return {
    say(speaker, text) {
      if (speaker === current) write(text);
      else kept[speaker] += text;
    },
    done(speaker) {
      isDone[speaker] = true;
      while (isDone[current]) {
        current++;
        const text = kept[current];
        if (text) write(text);
        if (text) kept[current] = '';
      }
    },
    get current() {
      return current;
    },
  };
}
