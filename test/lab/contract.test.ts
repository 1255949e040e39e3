import { systemClock } from '../../src/clock.ts';
import { readHostTarget } from '../../src/config/host-target.ts';
import { openDriver } from '../../src/drivers/index.ts';
import { silentLog } from '../../src/log.ts';
import { createHandshakeLimiter } from '../../src/ssh/handshake-limiter.ts';
import { describeDriverContract } from '../contract/driver-contract.ts';
import { hostEntry } from './gateway.ts';
import { openLab } from './lab.ts';
import { hostNamed } from './pick.ts';

/** The suite that the embedded host passes too, against a real libvirtd behind a real sshd: this is what it measures up to. */
describeDriverContract('a real libvirtd over SSH', async () => {
  const lab = await openLab({ hosts: 1, hostKeyTypes: ['ed25519'], purpose: 'contract.test.ts' });
  const host = hostNamed(lab, 'h1');
  const limiter = createHandshakeLimiter({ perFirstHop: 4, total: 4 });
  return {
    network: 'default',
    async openDriver({ readOnly }) {
      const places = { baseDir: lab.folder, homeDir: lab.folder };
      const read = readHostTarget(hostEntry(lab, host, { readOnly }), places, (_path, sentence) => {
        throw new Error(sentence);
      });
      if (read === null) throw new Error('the entry of the host was not understood');
      const { signal } = new AbortController();
      return await openDriver(read.target, { clock: systemClock, log: silentLog, limiter }, { signal });
    },
    close: () => lab.close(),
  };
});
