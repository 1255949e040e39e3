import type { ObjectChange } from '../replica/replica.ts';
import type { HostView } from '../types.ts';

/** What a session tells the fleet, in the order in which it happened. */
export type SessionNews =
  | ObjectChange
  | { readonly type: 'hostInterrupted'; readonly host: HostView }
  | { readonly type: 'hostResumed'; readonly host: HostView };
