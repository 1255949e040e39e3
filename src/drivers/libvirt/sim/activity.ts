import { defineDomain, undefineDomain } from './domain-store.ts';
import { type GuestPlan, guestXml } from './embedded-fleet.ts';
import { Failure } from './failure.ts';
import { isActive, type SimDomain, type SimHost, states } from './host.ts';
import { resumeDomain, shutdownDomain, startDomain, suspendDomain } from './lifecycle.ts';
import { createRandom } from './random.ts';

/** Between two things that happen by themselves, in milliseconds: at least, and by chance on top. */
const pause = { leastMs: 4_000, moreMs: 8_000 } as const;

/**
 * Lets life go on at a host: its restless guests start, pause and power off, and now and then a short-lived one is defined,
 * runs, and is gone. Other guests are left as whoever plays with them left them.
 * @returns what stops it.
 */
export function startActivity(host: SimHost, plan: readonly GuestPlan[]): () => void {
  // Of its own, so that what callers do does not change what happens next.
  const random = createRandom(host.seed ^ 0x5eed);
  const restless = plan.filter((one) => one.restless).map(({ name }) => name);
  let jobs = 0;
  let cancel = schedule();

  function schedule(): () => void {
    return host.clock.after(pause.leastMs + random.below(pause.moreMs), () => {
      attempt(happen);
      cancel = schedule();
    });
  }

  function happen() {
    const shortLived = [...host.domains.values()].find(({ name }) => name.startsWith('job-'));
    if (shortLived) {
      if (random.next() < 0.4) retire(host, shortLived);
      return;
    }
    if (random.next() < 0.2) {
      jobs += 1;
      startJob(host, `job-${100 + jobs}`);
      return;
    }
    const uuid = host.uuidByName.get(restless[random.below(restless.length)] ?? '');
    const domain = uuid === undefined ? undefined : host.domains.get(uuid);
    if (domain) changeState(host, domain, random.next() < 0.5);
  }

  return () => cancel();
}

/** Somebody may have changed a guest so that it cannot be started: then it is left as it is. */
function attempt(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!(error instanceof Failure)) throw error;
  }
}

function startJob(host: SimHost, name: string): void {
  const digits = host.random.hex(6).replace(/(..)(..)(..)/, '$1:$2:$3');
  const plan: GuestPlan = { name, mac: `52:54:00:${digits}`, vcpus: 1, memoryMib: 512, state: 'running' };
  const domain = defineDomain(host, guestXml(host, plan), { validate: false });
  startDomain(host, domain, { paused: false, forceBoot: false });
}

/** Powers it off; when it is off, undefines it. */
function retire(host: SimHost, domain: SimDomain): void {
  if (!isActive(domain)) undefineDomain(host, domain, 0);
  else if (domain.state === states.RUNNING) shutdownDomain(host, domain);
}

function changeState(host: SimHost, domain: SimDomain, gently: boolean): void {
  if (domain.stuck !== null) return;
  if (!isActive(domain) && domain.inactive !== null) startDomain(host, domain, { paused: false, forceBoot: false });
  else if (domain.state === states.PAUSED) resumeDomain(host, domain);
  else if (domain.state === states.RUNNING && gently) suspendDomain(host, domain);
  else if (domain.state === states.RUNNING) shutdownDomain(host, domain);
}
