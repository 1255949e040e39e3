import { VirtgraphError } from '../../../errors.ts';
import { parseUuid, type Uuid } from '../../../model/brands.ts';
import type { StoragePool } from '../../../model/network.ts';
import { attr, child, text, trimmedText } from './navigate.ts';
import { sizeInBytes } from './size.ts';
import { parseXml } from './tree.ts';

/** What a storage pool's XML says. Its state comes with `virStoragePoolGetInfo`. */
export type StoragePoolConfig = Omit<StoragePool, 'uuid' | 'state' | 'persistent' | 'autostart'> & {
  readonly uuid: Uuid | null;
};

/** @throws VirtgraphError BAD_USER_INPUT: not XML, not a pool's, or a size that is none. */
export function parseStoragePoolXml(xml: string): StoragePoolConfig {
  const { root } = parseXml(xml);
  // A pool that names itself only by its source (some drafts do) gets that name from libvirt.
  const name = text(child(root, 'name')) ?? text(child(root, 'source', 'name'));
  if (root.name !== 'pool' || !name) {
    throw new VirtgraphError('BAD_USER_INPUT', `This is not the XML of a storage pool: <${root.name}>.`);
  }
  return {
    name,
    uuid: parseUuid(text(child(root, 'uuid')) ?? ''),
    type: attr(root, 'type'),
    path: trimmedText(child(root, 'target', 'path')),
    capacityBytes: sizeInBytes(child(root, 'capacity'), 'bytes'),
    allocationBytes: sizeInBytes(child(root, 'allocation'), 'bytes'),
    availableBytes: sizeInBytes(child(root, 'available'), 'bytes'),
  };
}
