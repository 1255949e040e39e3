/** Where a host is and how it is reached: what src/config makes of a `hosts:` entry, checked once. */

export const knownHostsVerifyModes = ['normal', 'auto', 'ignore'] as const;
export type KnownHostsVerify = (typeof knownHostsVerifyModes)[number];

export const sshAuthMethods = ['agent', 'privkey', 'password', 'keyboard-interactive'] as const;
export type SshAuthMethod = (typeof sshAuthMethods)[number];

export const proxyModes = ['auto', 'native', 'netcat'] as const;
export type ProxyMode = (typeof proxyModes)[number];

/** A secret by reference: where it lies, never what it is. */
export type SecretSource =
  | { readonly kind: 'file'; readonly path: string }
  | { readonly kind: 'environment'; readonly variable: string };

/** One SSH server on the way. What is `null` comes from `ssh -G`, else from OpenSSH's defaults. */
export type SshHop = {
  /** As the operator wrote it: an alias of ssh_config, a name or an address. */
  readonly host: string;
  readonly port: number | null;
  readonly user: string | null;
};

export type SshOptions = {
  readonly keyFile: string | null;
  readonly knownHostsFile: string | null;
  readonly knownHostsVerify: KnownHostsVerify;
  /** In the order to try; `null`: agent, then keys, then a password if there is one. */
  readonly authMethods: readonly SshAuthMethod[] | null;
  readonly passphrase: SecretSource | null;
  readonly password: SecretSource | null;
};

export type SshTarget = SshOptions & {
  readonly hop: SshHop;
  /** First hop first; empty: straight, unless ssh_config says otherwise. */
  readonly jump: readonly SshHop[];
};

/** Which daemon to look for: the modular one of the driver, the monolithic libvirtd, or whichever is there. */
export const daemonModes = ['auto', 'direct', 'legacy'] as const;
export type DaemonMode = (typeof daemonModes)[number];

export const transportKinds = ['ssh', 'unix', 'sim'] as const;

/** How to get a byte stream to the daemon; `kind` is one of `transportKinds`. */
export type Transport =
  | {
      readonly kind: 'ssh';
      readonly ssh: SshTarget;
      readonly proxy: ProxyMode;
      readonly command: string | null;
      readonly netcat: string;
    }
  | { readonly kind: 'unix' }
  | { readonly kind: 'sim'; readonly daemonName: string; readonly options: Readonly<Record<string, string>> };

export type HostTarget = {
  readonly name: string;
  /** As configured, for display; carries no secret. */
  readonly uri: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly readOnly: boolean;
  /** libvirt's driver scheme: qemu, xen, lxc, … */
  readonly driver: string;
  readonly transport: Transport;
  /** What CONNECT_OPEN is told, such as `qemu:///system`. Comes from the operator's configuration alone. */
  readonly connectName: string;
  readonly session: boolean;
  readonly socket: string | null;
  readonly mode: DaemonMode;
  /** libvirt's own keepalive. An interval of 0 turns it off. */
  readonly keepaliveIntervalMs: number;
  readonly keepaliveCount: number;
};
