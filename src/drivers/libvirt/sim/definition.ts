import { VirtgraphError } from '../../../errors.ts';
import { parseUuid, type Uuid } from '../../../model/brands.ts';
import { readDomainConfig } from '../xml/domain.ts';
import { attr, child, children, element, text, trimmedText } from '../xml/navigate.ts';
import type { XmlElement } from '../xml/tree.ts';
import { type DefinitionOptions, normalDevices } from './definition-devices.ts';
import { failure } from './failure.ts';
import { textElement, withAttributes } from './format.ts';
import type { Personality } from './personality.ts';
import { randomUuid } from './random.ts';
import { parseSent, refuseUnknown } from './sent-xml.ts';

/** A domain's configuration as the daemon keeps it: checked, completed, in the daemon's own order. */
export type Definition = { readonly name: string; readonly uuid: Uuid; readonly root: XmlElement };

/** libvirt prints these in this order; elements that it does not know are not kept. */
const knownElements = (
  'name uuid genid title description metadata maxMemory memory currentMemory memoryBacking blkiotune memtune vcpu vcpus ' +
  'iothreads iothreadids cputune numatune resource sysinfo bootloader bootloader_args os idmap features cpu clock ' +
  'on_poweroff on_reboot on_crash pm perf devices seclabel keywrap launchSecurity qemu:commandline lxc:namespace'
).split(' ');

const domainTypes = 'none qemu kqemu kvm xen lxc uml openvz test vmware hyperv vbox phyp parallels bhyve vz hvf'.split(
  ' ',
);

/** @throws Failure with the code that a real daemon gives for the same mistake. */
export function readDefinition(xml: string, options: DefinitionOptions): Definition {
  const { personality, random } = options;
  const root = parseDefinition(xml);
  const type = attr(root, 'type');
  if (type === null) throw failure('INTERNAL_ERROR', 'DOMAIN', 'missing domain type attribute');
  if (!domainTypes.includes(type)) throw failure('CONFIG_UNSUPPORTED', 'DOMAIN', `invalid domain type ${type}`);

  const writtenUuid = text(child(root, 'uuid'));
  const uuid = parseUuid(writtenUuid ?? randomUuid(random));
  if (uuid === null) throw failure('INTERNAL_ERROR', 'DOMAIN', 'malformed uuid element');
  const name = text(child(root, 'name'));
  if (!name) throw failure('NO_NAME', 'DOMAIN', 'missing name information');
  if (name.includes('/')) throw failure('XML_ERROR', 'DOMAIN', `name ${name} cannot contain '/'`);

  const sizes = readSizes(root);
  const osType = trimmedText(child(root, 'os', 'type'));
  if (osType === null) throw failure('XML_ERROR', 'DOMAIN', 'an os <type> must be specified');
  if (!personality.osTypes.includes(osType)) {
    throw failure('CONFIG_UNSUPPORTED', 'DOMAIN', `no support found for os <type> '${osType}'`);
  }
  if (!personality.domainTypes.includes(type)) {
    throw failure('CONFIG_UNSUPPORTED', personality.source, `this host does not run virt type '${type}'`);
  }
  if (options.validate) refuseUnknown(root, knownElements);

  const replaced = new Map<string, XmlElement>([
    ['name', textElement('name', name)],
    ['uuid', textElement('uuid', uuid)],
    ['memory', element('memory', { unit: 'KiB' }, [String(sizes.maxMemoryKib)])],
    ['currentMemory', element('currentMemory', { unit: 'KiB' }, [String(sizes.memoryKib)])],
    ['vcpu', element('vcpu', { placement: 'static', current: sizes.currentVcpus }, [String(sizes.maxVcpus)])],
    ['os', normalOs(root, osType, personality)],
    ['clock', child(root, 'clock') ?? element('clock', { offset: 'utc' })],
    ['on_poweroff', child(root, 'on_poweroff') ?? textElement('on_poweroff', 'destroy')],
    ['on_reboot', child(root, 'on_reboot') ?? textElement('on_reboot', 'restart')],
    ['on_crash', child(root, 'on_crash') ?? textElement('on_crash', 'destroy')],
    ['devices', element('devices', {}, normalDevices(root, options))],
  ]);
  const parts = knownElements.flatMap((known) => replaced.get(known) ?? children(root, known));
  return { name, uuid, root: { ...withAttributes(root, { id: null }), children: parts } };
}

/** The tree of what was sent, whose root is a `<domain>`. */
function parseDefinition(xml: string): XmlElement {
  const root = parseSent(xml, 'domain_definition');
  if (root.name !== 'domain') {
    throw failure('XML_ERROR', 'XML', `expecting root element of 'domain', not '${root.name}'`);
  }
  return root;
}

type Sizes = {
  readonly memoryKib: number;
  readonly maxMemoryKib: number;
  readonly maxVcpus: number;
  /** As written, or `null` when all of them are on. */
  readonly currentVcpus: string | null;
};

function readSizes(root: XmlElement): Sizes {
  try {
    const { memoryBytes, maxMemoryBytes, vcpus, maxVcpus } = readDomainConfig(root);
    // libvirt rounds up to whole KiB.
    const maxMemoryKib = Math.ceil(maxMemoryBytes / 1024);
    const memoryKib = Math.min(Math.ceil(memoryBytes / 1024), maxMemoryKib);
    if (maxMemoryKib === 0) throw noMemory();
    if (vcpus > maxVcpus) {
      throw failure('XML_ERROR', 'DOMAIN', `maxvcpus must not be less than current vcpus (${maxVcpus} < ${vcpus})`);
    }
    return { memoryKib, maxMemoryKib, maxVcpus, currentVcpus: vcpus === maxVcpus ? null : String(vcpus) };
  } catch (error) {
    // Name and type were checked before: what remains to be refused is a size that is missing or no number.
    if (error instanceof VirtgraphError) {
      throw child(root, 'memory') === null ? noMemory() : failure('XML_ERROR', 'DOMAIN', error.message);
    }
    throw error;
  }
}

const noMemory = () =>
  failure('XML_ERROR', 'DOMAIN', 'Memory size must be specified via <memory> or in the <numa> configuration');

/** QEMU's aliases for its newest machines. */
const machineAliases: Readonly<Record<string, string>> = { pc: 'pc-i440fx-7.2', q35: 'pc-q35-7.2' };

function normalOs(root: XmlElement, osType: string, { hypervisor }: Personality): XmlElement {
  const os = child(root, 'os');
  const type = child(os, 'type');
  const machine = hypervisor === 'qemu' ? (attr(type, 'machine') ?? 'pc') : attr(type, 'machine');
  const typeElement = element(
    'type',
    {
      arch: attr(type, 'arch') ?? 'x86_64',
      machine: machine === null ? null : (machineAliases[machine] ?? machine),
    },
    [osType],
  );
  const rest = children(os).filter((part) => part.name !== 'type');
  const devices = child(root, 'devices');
  const ordered = [...children(devices, 'disk'), ...children(devices, 'interface')].some((one) => child(one, 'boot'));
  const bootsSomehow = ordered || rest.some((part) => part.name === 'boot' || part.name === 'kernel');
  if (osType === 'hvm' && !bootsSomehow) rest.push(element('boot', { dev: 'hd' }));
  return element('os', {}, [typeElement, ...rest]);
}
