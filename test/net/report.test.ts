import { expect, test } from 'vitest';
import { reportMac } from '../../src/net/report.ts';

const hosts = [
  { name: 'old', libvirtVersion: '4.5.0' },
  { name: 'new', libvirtVersion: '9.0.0' },
  { name: 'silent', libvirtVersion: null },
];

test('reports a good address in canonical form, with its tap address', () => {
  expect(reportMac('5254.00AB.CDEF', hosts)).toMatchObject({
    input: '5254.00AB.CDEF',
    valid: true,
    canonical: '52:54:00:ab:cd:ef',
    reason: null,
    unicast: true,
    locallyAdministered: true,
    findings: [],
    tapMac: 'fe:54:00:ab:cd:ef',
  });
});

test('gives a verdict for each host', () => {
  const { verdicts } = reportMac('fe:54:00:11:22:33', hosts);
  expect(verdicts.map(({ host, verdict }) => [host, verdict])).toEqual([
    ['old', 'REFUSED'],
    ['new', 'ACCEPTED'],
    ['silent', 'UNKNOWN'],
  ]);
});

test('reports text that is no address instead of failing', () => {
  expect(reportMac('hello', hosts)).toMatchObject({
    valid: false,
    canonical: null,
    unicast: null,
    tapMac: null,
    verdicts: [],
    reason: expect.stringContaining('"hello"'),
  });
});

test('gives a multicast address no tap and says why it is not valid, and that no host would take it', () => {
  const report = reportMac('01:00:5e:00:00:01', hosts);
  expect(report.verdicts.map(({ verdict }) => verdict)).toEqual(['REFUSED', 'REFUSED', 'REFUSED']);
  expect(report).toMatchObject({
    valid: false,
    canonical: '01:00:5e:00:00:01',
    unicast: false,
    tapMac: null,
    reason: expect.stringContaining('multicast'),
  });
});

test('keeps a universal address valid, with a note', () => {
  const report = reportMac('00:16:3e:00:00:01', hosts);
  expect(report.valid).toBe(true);
  expect(report.locallyAdministered).toBe(false);
  expect(report.findings).toMatchObject([{ rule: 'UNIVERSALLY_ADMINISTERED', severity: 'NOTE' }]);
});
