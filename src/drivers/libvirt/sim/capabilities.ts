import { element } from '../xml/navigate.ts';
import type { XmlElement } from '../xml/tree.ts';
import { textElement } from './format.ts';
import type { SimHost } from './host.ts';
import { createRandom, hashText, randomUuid } from './random.ts';

/** What `virConnectGetCapabilities` says of the machine and of the guests that it runs. */
export function capabilitiesXml({ name, personality }: SimHost): XmlElement {
  const cpu = element('cpu', {}, [
    textElement('arch', 'x86_64'),
    textElement('model', 'EPYC'),
    textElement('vendor', 'AMD'),
    element('topology', { sockets: '1', dies: '1', cores: '16', threads: '2' }),
  ]);
  // The same machine has the same UUID, however often it is asked.
  const machineUuid = randomUuid(createRandom(hashText(name)));
  const guests = personality.osTypes.map((osType) =>
    element('guest', {}, [
      textElement('os_type', osType),
      element('arch', { name: 'x86_64' }, [
        textElement('wordsize', '64'),
        ...(personality.emulator === null ? [] : [textElement('emulator', personality.emulator)]),
        ...(personality.hypervisor === 'qemu' ? machines : []),
        ...personality.domainTypes.map((type) => element('domain', { type })),
      ]),
    ]),
  );
  return element('capabilities', {}, [
    element('host', {}, [textElement('uuid', machineUuid), cpu, element('power_management')]),
    ...guests,
  ]);
}

const machines = [
  element('machine', { maxCpus: '255' }, ['pc-i440fx-7.2']),
  element('machine', { canonical: 'pc-i440fx-7.2', maxCpus: '255' }, ['pc']),
  element('machine', { maxCpus: '288' }, ['pc-q35-7.2']),
  element('machine', { canonical: 'pc-q35-7.2', maxCpus: '288' }, ['q35']),
];
