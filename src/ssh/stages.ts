/** What somebody who looks on is told while an SSH connection is made. Failures are not told here: they are thrown. */
import type { Stage } from '../errors.ts';
import type { LoginFinding } from './authentication.ts';
import type { HostKeyFinding } from './host-key-check.ts';
import type { RouteHop } from './route/route.ts';
import type { NegotiatedAlgorithms } from './ssh2-client.ts';

export type SshStage = Extract<
  Stage,
  'config' | 'resolve' | 'connect' | 'key-exchange' | 'host-key' | 'authentication'
>;

export type SshFinding =
  | { readonly stage: 'config'; readonly route: readonly RouteHop[] }
  | { readonly stage: 'resolve'; readonly addresses: readonly string[] }
  /** `address`: the one that answered; what a jump host (`via`) was told to connect to. */
  | { readonly stage: 'connect'; readonly address: string; readonly port: number; readonly via: string | null }
  /** `null`: the server was not heard that far. */
  | {
      readonly stage: 'key-exchange';
      readonly serverVersion: string | null;
      readonly algorithms: NegotiatedAlgorithms | null;
    }
  | { readonly stage: 'host-key'; readonly key: HostKeyFinding }
  | { readonly stage: 'authentication'; readonly user: string; readonly login: LoginFinding };

export type SshStageEvent = {
  readonly hop: string;
  /** On the clock that was passed in. Not always now: the library tells of some things later than they happen. */
  readonly atMs: number;
} & (
  | { readonly type: 'begin'; readonly stage: SshStage }
  /** Of the stage that has begun last. `failing`: the error that is thrown next is about it. */
  | { readonly type: 'found' | 'failing'; readonly finding: SshFinding }
);

/** Called in order: a stage is over, and was well, when the next one begins. */
export type OnSshStage = (event: SshStageEvent) => void;

/** For all who nobody looks at. */
export function ignoreStages(): void {}
