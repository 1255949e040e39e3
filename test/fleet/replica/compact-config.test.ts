import { readdirSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { parseDomainConfig } from '../../../src/drivers/libvirt/xml/domain.ts';
import { compactConfig } from '../../../src/fleet/replica/compact-config.ts';
import { domainRecord } from '../domain-record.ts';

const folder = new URL('../../drivers/libvirt/xml/fixtures/', import.meta.url);
const status = domainRecord({ number: 1 });

test.each(readdirSync(folder))('the configuration in %s is the same when it is kept', (file) => {
  const config = parseDomainConfig(readFileSync(new URL(file, folder), 'utf8'));
  expect(compactConfig(config, status)).toEqual(config);
  // Also the second time, when what domains have in common is known.
  expect(compactConfig(config, { ...status, name: config.name, uuid: config.uuid ?? status.uuid })).toEqual(config);
});

test('odd texts are kept as they are', () => {
  const { config } = domainRecord({ number: 1 });
  const odd = {
    ...config,
    title: '\ud800 alone in a title',
    machine: 'größe'.repeat(20),
    features: ['a\nb', 'a', 'b'],
  };
  expect(compactConfig(odd, status)).toEqual(odd);
  expect(compactConfig({ ...odd, features: ['a', 'b\na', 'b'] }, status).features).toEqual(['a', 'b\na', 'b']);
});
