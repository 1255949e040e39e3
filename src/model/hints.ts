import type { Uuid } from './brands.ts';

/**
 * What an event of the daemon says: *that* something happened to an object, never what is true now.
 * The replica re-reads. `event` is libvirt's name for it (lifecycle, reboot, device-added, …) and
 * `detail` what came with it, for the log and for those who want the raw event.
 */
export type HostHint =
  | {
      readonly kind: 'domain';
      readonly uuid: Uuid;
      readonly name: string;
      readonly event: string;
      readonly detail: Readonly<Record<string, string | number | null>>;
    }
  | { readonly kind: 'network'; readonly uuid: Uuid; readonly name: string; readonly event: string }
  | { readonly kind: 'storagePool'; readonly uuid: Uuid; readonly name: string; readonly event: string }
  | { readonly kind: 'nodeDevice'; readonly name: string; readonly event: string }
  | { readonly kind: 'secret'; readonly uuid: Uuid; readonly event: string }
  /** More happened than could be queued: read everything again. */
  | { readonly kind: 'overflow' };
