// @unraid/libvirt over one connection that stays open: unraid_libvirt.mjs MODULE URI.
//
// Reads the name of an operation a line, does it, prints how many seconds it took and how many domains it told of.
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [module, uri] = process.argv.slice(2);
const { Hypervisor } = await import(pathToFileURL(module).href);
const hypervisor = new Hypervisor({ uri });
await hypervisor.connectOpen();

/** It has no call for many domains' state, and asks for each. */
async function list() {
  const domains = await hypervisor.connectListAllDomains();
  return await Promise.all(
    domains.map(async (domain) => {
      const [uuid, name, info] = await Promise.all([domain.getUUIDString(), domain.getName(), domain.getInfo()]);
      return [uuid, name, info.state];
    }),
  );
}

console.log('ready');
for await (const operation of createInterface({ input: process.stdin })) {
  if (operation !== 'list') throw new Error(`no operation ${operation}`);
  const started = performance.now();
  const { length } = await list();
  console.log((performance.now() - started) / 1000, length);
}
await hypervisor.connectClose();
