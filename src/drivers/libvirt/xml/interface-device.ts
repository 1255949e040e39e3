import { VirtgraphError } from '../../../errors.ts';
import type { MacAddress } from '../../../model/brands.ts';
import { macFromXml } from './mac.ts';
import { attr, child, children, element } from './navigate.ts';
import { printXml } from './print.ts';
import { parseXml, type XmlElement, type XmlNode } from './tree.ts';

/** What `attachInterface` may be asked for. Each kind of source is what that type of `<interface>` hangs on. */
export type NewInterface = {
  readonly source:
    | { readonly type: 'network'; readonly network: string; readonly portgroup: string | null }
    | { readonly type: 'bridge'; readonly bridge: string }
    | { readonly type: 'direct'; readonly device: string; readonly mode: string | null };
  /** `null`: libvirt's default for the machine. */
  readonly model: string | null;
  readonly macAddress: MacAddress;
  /** Name for the device on the host; `null`: libvirt chooses, such as vnet3. */
  readonly target: string | null;
  /** `null`: libvirt's default, up. */
  readonly linkUp: boolean | null;
};

/**
 * The `<interface>` element for `virDomainAttachDevice`.
 * @throws VirtgraphError BAD_USER_INPUT for a text that XML cannot hold.
 */
export function interfaceXml(wanted: NewInterface): string {
  const { source, model, macAddress, target, linkUp } = wanted;
  const parts = [element('mac', { address: macAddress }), sourceElement(source)];
  if (target !== null) parts.push(element('target', { dev: target }));
  if (model !== null) parts.push(element('model', { type: model }));
  if (linkUp !== null) parts.push(element('link', { state: linkUp ? 'up' : 'down' }));
  return printXml(element('interface', { type: source.type }, parts));
}

function sourceElement(source: NewInterface['source']): XmlElement {
  switch (source.type) {
    case 'network':
      return element('source', { network: source.network, portgroup: source.portgroup });
    case 'bridge':
      return element('source', { bridge: source.bridge });
    case 'direct':
      return element('source', { dev: source.device, mode: source.mode });
    default:
      return source satisfies never;
  }
}

/** Of one place alone: the running guest may have the card elsewhere than the stored configuration. libvirt compares what is given. */
const placeOfCard = ['address', 'alias'];

/**
 * The `<interface>` of that address, for `virDomainDetachDevice`, as the domain's XML has it, but for its place in the
 * machine, so that it is found in the running guest and in the stored configuration alike; `null` if there is none.
 * @throws VirtgraphError BAD_USER_INPUT (not XML), CONFLICT (several have the address).
 */
export function findInterfaceXml(domainXml: string, macAddress: MacAddress): string | null {
  const nics = children(child(parseXml(domainXml).root, 'devices'), 'interface');
  const found = nics.filter((nic) => macFromXml(attr(child(nic, 'mac'), 'address')) === macAddress);
  if (found.length > 1) {
    throw new VirtgraphError(
      'CONFLICT',
      `${found.length} interfaces of this domain have the address ${macAddress}: which one is meant cannot be told.`,
    );
  }
  const [only] = found;
  if (only === undefined) return null;
  const isOfPlace = (node: XmlNode) => node.kind === 'element' && placeOfCard.includes(node.name);
  return printXml({ ...only, children: only.children.filter((node) => !isOfPlace(node)) });
}
