import type { Clock } from '../clock.ts';
import type { AuthPlan } from './authentication.ts';
import type { HostKeyCheck } from './host-key-check.ts';
import type { HandshakeStage, NegotiatedAlgorithms } from './ssh2-client.ts';
import type { OnSshStage, SshFinding } from './stages.ts';

/**
 * Tells the stages of one handshake in their order. The library names the algorithms only once the host key is
 * accepted, so what was found of the key exchange is told then, with the time at which it happened.
 */
export type HandshakeStages = {
  serverVersion(version: string): void;
  algorithms(algorithms: NegotiatedAlgorithms): void;
  hostKeyCheckBegins(): void;
  hostKeyCheckEnds(accepted: boolean): void;
  authenticationBegins(): void;
  authenticationEnds(): void;
  /** Whatever the reason: tells what was found until then. */
  fails(stage: HandshakeStage): void;
};

export function createHandshakeStages(options: {
  readonly name: string;
  readonly user: string;
  readonly hostKey: Pick<HostKeyCheck, 'finding'>;
  readonly auth: Pick<AuthPlan, 'finding'>;
  readonly clock: Clock;
  readonly onStage: OnSshStage;
}): HandshakeStages {
  const { name: hop, user, hostKey, auth, clock, onStage } = options;
  let serverVersion: string | null = null;
  let algorithms: NegotiatedAlgorithms | null = null;
  let exchangedAtMs: number | null = null;
  let checkedAtMs: number | null = null;
  let isKeyTold = false;

  const begin = (stage: 'key-exchange' | 'host-key' | 'authentication', atMs = clock.monotonic()) =>
    onStage({ type: 'begin', stage, hop, atMs });
  const tell = (type: 'found' | 'failing', finding: SshFinding, atMs = clock.monotonic()) =>
    onStage({ type, hop, atMs, finding });

  function tellKey(type: 'found' | 'failing') {
    const key = hostKey.finding();
    if (isKeyTold || key === null || exchangedAtMs === null) return;
    isKeyTold = true;
    tell('found', { stage: 'key-exchange', serverVersion, algorithms }, exchangedAtMs);
    begin('host-key', exchangedAtMs);
    tell(type, { stage: 'host-key', key }, checkedAtMs ?? clock.monotonic());
  }

  const tellLogin = (type: 'found' | 'failing') => tell(type, { stage: 'authentication', user, login: auth.finding() });

  begin('key-exchange');
  return {
    serverVersion(version) {
      serverVersion = version;
    },
    algorithms(agreed) {
      algorithms = agreed;
    },
    hostKeyCheckBegins() {
      exchangedAtMs ??= clock.monotonic();
    },
    hostKeyCheckEnds(accepted) {
      checkedAtMs ??= clock.monotonic();
      if (!accepted) tellKey('failing');
    },
    authenticationBegins() {
      tellKey('found');
      begin('authentication');
    },
    authenticationEnds: () => tellLogin('found'),
    fails(stage) {
      if (stage === 'authentication') tellLogin('failing');
      else if (!isKeyTold) tell('failing', { stage: 'key-exchange', serverVersion, algorithms });
    },
  };
}
