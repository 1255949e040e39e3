import type { HostView } from '../objects.ts';
import type { ObjectChange } from '../replica/replica.ts';

/** What a session tells the fleet, in the order in which it happened. */
export type SessionNews =
  | ObjectChange
  | { readonly type: 'hostInterrupted'; readonly host: HostView }
  | { readonly type: 'hostResumed'; readonly host: HostView };
