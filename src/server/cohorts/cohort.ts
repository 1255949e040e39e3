import type { Feed } from '../../fleet/journal/feed.ts';
import type { SharedAnswers } from './answers.ts';
import type { Outlet, Outlets } from './outlets.ts';
import { createTogether, type Listener } from './together.ts';
import type { Turns } from './turns.ts';

/** Where one subscription's answers go. */
export type Subscriber = {
  readonly outlet: Outlet;
  /** What makes an answer its own; see `Framing`. */
  readonly prefix: string;
  /** There is nothing more to come. */
  end(): void;
  fail(reason: unknown): void;
};

export type Cohort = {
  /** Begins where `feed` is. The returned function ends it. */
  join(feed: Feed<object>, subscriber: Subscriber): () => void;
};

export type CohortOptions = {
  readonly answers: SharedAnswers<Buffer>;
  readonly turns: Turns;
  readonly outlets: Pick<Outlets, 'deliver' | 'whenWritten' | 'allWritten'>;
  /** The last one has left. */
  readonly onEmpty: () => void;
};

type Member = Listener & {
  readonly subscriber: Subscriber;
  /** His own way to the present; `null` once he goes with the others, or has left. */
  feed: Feed<object> | null;
};

/**
 * Subscribers who are told the same. Each begins on a way of his own: the present state, what he missed. When he has
 * heard everything he goes with the others, for whom one feed is read, and each answer is made once. Who does not take
 * what he is told goes on alone, from there, and comes back when he is level again.
 */
export function createCohort({ answers, turns, outlets, onEmpty }: CohortOptions): Cohort {
  const together = createTogether<Member>(outlets);
  const alone = new Set<Member>();
  /** What those who go together are told. */
  let edge: Feed<object> | null = null;

  /** Until he is level, has left, or fails. */
  async function goAlone(member: Member, feed: Feed<object>): Promise<void> {
    try {
      while (member.feed === feed) {
        const { outlet, prefix } = member;
        if (!outlet.hasRoom) await outlet.room();
        await turns.take('patient');
        if (member.feed !== feed) return;
        const pending = feed.next();
        if (feed.isWaiting && joinOthers(member, feed, pending)) return;
        const step = await pending;
        if (member.feed !== feed) return;
        if (step.done) {
          leave(member);
          member.subscriber.end();
          return;
        }
        const answer = await answers.of(step.value);
        if (member.feed === feed) outlet.push(prefix, answer, true);
      }
    } catch (error) {
      leave(member);
      member.subscriber.fail(error);
    }
  }

  /** Of one who has heard everything there is. */
  function joinOthers(member: Member, feed: Feed<object>, pending: Promise<IteratorResult<object>>): boolean {
    if (edge === null) {
      edge = feed;
      goTogether(member);
      void follow(feed, pending);
      return true;
    }
    if (!feed.mergeInto(edge)) return false;
    goTogether(member);
    return true;
  }

  function goTogether(member: Member) {
    member.feed = null;
    together.add(member);
    alone.delete(member);
    if (alone.size === 0) answers.forget();
  }

  /** As long as anyone is told of it. */
  async function follow(feed: Feed<object>, first: Promise<IteratorResult<object>>): Promise<void> {
    try {
      for (let pending = first; ; pending = feed.next()) {
        if (pending !== first && feed.isWaiting) takeIn(feed);
        const step = await pending;
        if (edge !== feed) return;
        if (step.done) {
          for (const member of takeAll()) member.subscriber.end();
          return;
        }
        // Before the last answer has reached everybody, the next is not made: what comes meanwhile goes out together.
        await (outlets.whenWritten() ?? turns.take('live'));
        const answer = await answers.of(step.value);
        await outlets.whenWritten();
        if (edge !== feed) return;
        for (const member of together.tell(answer)) leaveBehind(member, feed.fork());
        closeEdgeIfEmpty();
        if (together.isFull) await outlets.allWritten();
        if (edge !== feed) return;
      }
    } catch (error) {
      if (edge === feed) for (const member of takeAll()) member.subscriber.fail(error);
    }
  }

  function takeIn(feed: Feed<object>) {
    for (const member of alone) if (member.feed?.isWaiting && member.feed.mergeInto(feed)) goTogether(member);
  }

  function leaveBehind(member: Member, feed: Feed<object>) {
    together.remove(member);
    member.feed = feed;
    alone.add(member);
    void goAlone(member, feed);
  }

  function closeEdgeIfEmpty() {
    if (together.size > 0 || edge === null) return;
    const closing = edge;
    edge = null;
    void closing.return();
  }

  function takeAll(): readonly Member[] {
    together.finish();
    const all = together.takeAll();
    for (const { outlet } of all) outlet.leave();
    edge = null;
    if (alone.size === 0) onEmpty();
    return all;
  }

  function leave(member: Member) {
    if (member.index >= 0) together.remove(member);
    else if (!alone.delete(member)) return;
    const { feed } = member;
    member.outlet.leave();
    member.feed = null;
    void feed?.return();
    closeEdgeIfEmpty();
    if (together.size === 0 && alone.size === 0) onEmpty();
  }

  return {
    join(feed, subscriber) {
      const { outlet, prefix } = subscriber;
      const member: Member = { outlet, prefix, index: -1, after: 0, feed, subscriber };
      outlet.enter();
      alone.add(member);
      void goAlone(member, feed);
      return () => leave(member);
    },
  };
}
