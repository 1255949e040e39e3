/** Why no socket could be opened through sshd, as far as that can be told from outside. */
import { VirtgraphError } from '../errors.ts';
import type { SshAllowances } from '../ssh/allowances.ts';
import { type DeadEnd, triedDetails } from './libvirt/probe.ts';
import type { ProbeRecorder, StageNote } from './probe-recorder.ts';

const sshdRules =
  'Set AllowStreamLocalForwarding and AllowTcpForwarding to local for this account; a PermitOpen or permitopen= must ' +
  'name the socket, as "[/run/libvirt/libvirt-sock]:*".';
const daemonAdvice =
  'See on the host whether the daemon runs (systemctl status libvirtd.socket virtqemud.socket), and whether the account ' +
  'is of the group that owns its socket (on Debian libvirt).';

/**
 * sshd answers alike for a socket that it forbids, one that is missing, and one that the account may not open. What the
 * commands said that were tried in its place, and what else sshd opens, tells some of these apart.
 */
export function narrowDown(
  error: VirtgraphError,
  deadEnds: readonly DeadEnd[],
  recorder: ProbeRecorder,
  { openSockets, tcp }: SshAllowances,
): VirtgraphError {
  const [proof] = openSockets;
  const said = deadEnds.filter(({ kind }) => kind === 'command').map(({ reason }) => reason);
  const conclude = (channel: StageNote, remedy: string) => {
    recorder.found(channel);
    recorder.begin('socket');
    recorder.failing({ message: '', details: triedDetails(deadEnds) });
    const { message } = error;
    const shorter = deadEnds.length > 1 ? `none of these ${deadEnds.length} ways leads to a daemon` : message;
    return new VirtgraphError(error.code, shorter, { ...error.detail, remedy });
  };
  const channel: StageNote =
    proof === undefined
      ? { verdict: 'SKIPPED', message: 'nothing was there that sshd could have forwarded' }
      : { message: `sshd forwards unix sockets: it opens ${proof}` };
  if (said.some((reason) => /permission denied/i.test(reason))) {
    return conclude(
      channel,
      'The account may not open the socket. Add it to the group that owns it: usermod -aG libvirt USER on Debian.',
    );
  }
  if (said.some((reason) => /connection refused/i.test(reason))) {
    return conclude(
      channel,
      'The socket is there, and nobody answers. Start the daemon: systemctl restart libvirtd.socket libvirtd (or virtqemud).',
    );
  }
  if (said.some((reason) => /no such file/i.test(reason))) {
    return conclude(
      channel,
      'The socket is not there. Start the daemon (systemctl status libvirtd.socket virtqemud.socket), install it, or name its socket with socket=.',
    );
  }
  if (proof !== undefined) return conclude(channel, `sshd is not the cause, since it opens ${proof}. ${daemonAdvice}`);
  return tcp === 'REFUSED'
    ? conclude(
        {
          verdict: 'WARNING',
          message: 'sshd forwards nothing that was tried, so its rules are the likely cause of what follows',
          remedy: sshdRules,
        },
        `${sshdRules} If they do: ${daemonAdvice}`,
      )
    : conclude(
        { verdict: 'WARNING', message: 'sshd forwards TCP, but opens none of the unix sockets that were tried' },
        `${daemonAdvice} If both are well: ${sshdRules}`,
      );
}
