import { describe, expect, test } from 'vitest';
import {
  fromLibvirtError,
  isLibvirtError,
  libvirtErrorDomains,
  libvirtErrorNumber,
  libvirtErrors,
} from '../../../src/drivers/libvirt/errors.ts';
import { errorCodes } from '../../../src/errors.ts';

const error = (code: number) => ({ code, domain: 10, level: 2, message: 'what libvirt said' });

describe('the table of libvirt errors', () => {
  test('has a name and a code of ours for every number, without a hole', () => {
    expect(libvirtErrors).toHaveLength(114);
    for (const [name, code] of libvirtErrors) {
      expect(name).toMatch(/^[A-Z_]+$/);
      expect(errorCodes).toHaveProperty(code);
    }
    expect(new Set(libvirtErrors.map(([name]) => name)).size).toBe(libvirtErrors.length);
  });

  /** Numbers and names as `virterror.h` has them: some from every ten, so that a slip of one row shows. */
  test.each([
    [1, 'INTERNAL_ERROR', 'LIBVIRT_ERROR'],
    [3, 'NO_SUPPORT', 'UNSUPPORTED'],
    [8, 'INVALID_ARG', 'BAD_USER_INPUT'],
    [9, 'OPERATION_FAILED', 'LIBVIRT_ERROR'],
    [16, 'OS_TYPE', 'BAD_USER_INPUT'],
    [27, 'XML_ERROR', 'BAD_USER_INPUT'],
    [28, 'DOM_EXIST', 'CONFLICT'],
    [29, 'OPERATION_DENIED', 'FORBIDDEN'],
    [38, 'SYSTEM_ERROR', 'LIBVIRT_ERROR'],
    [42, 'NO_DOMAIN', 'NOT_FOUND'],
    [44, 'INVALID_MAC', 'INVALID_MAC_ADDRESS'],
    [45, 'AUTH_FAILED', 'FORBIDDEN'],
    [49, 'NO_STORAGE_POOL', 'NOT_FOUND'],
    [53, 'NO_NODE_DEVICE', 'NOT_FOUND'],
    [55, 'OPERATION_INVALID', 'INVALID_STATE'],
    [67, 'CONFIG_UNSUPPORTED', 'UNSUPPORTED'],
    [68, 'OPERATION_TIMEOUT', 'GUEST_BUSY'],
    [72, 'NO_DOMAIN_SNAPSHOT', 'NOT_FOUND'],
    [80, 'NO_DOMAIN_METADATA', 'NOT_FOUND'],
    [84, 'OPERATION_UNSUPPORTED', 'UNSUPPORTED'],
    [86, 'AGENT_UNRESPONSIVE', 'GUEST_AGENT_UNAVAILABLE'],
    [88, 'ACCESS_DENIED', 'FORBIDDEN'],
    [92, 'XML_INVALID_SCHEMA', 'BAD_USER_INPUT'],
    [99, 'DEVICE_MISSING', 'NOT_FOUND'],
    [110, 'MULTIPLE_DOMAINS', 'CONFLICT'],
    [113, 'AGENT_COMMAND_FAILED', 'LIBVIRT_ERROR'],
  ] as const)('%i is %s, to a user %s', (number, name, code) => {
    expect(libvirtErrorNumber(name)).toBe(number);
    expect(fromLibvirtError(error(number))).toMatchObject({
      code,
      message: 'what libvirt said',
      detail: { libvirt: { code: number, codeName: name, domain: 10, domainName: 'QEMU', level: 2 } },
    });
  });

  test('names the domains in which libvirt speaks', () => {
    expect(libvirtErrorDomains).toHaveLength(73);
    expect([0, 6, 12, 20, 30, 40, 50, 60, 72].map((number) => libvirtErrorDomains[number])).toEqual([
      'NONE',
      'DOM',
      'TEST',
      'DOMAIN',
      'SECRET',
      'EVENT',
      'SSH',
      'POLKIT',
      'CH',
    ]);
  });
});

test('a number from a newer libvirt keeps its number', () => {
  expect(fromLibvirtError({ code: 500, domain: 400, level: 2, message: null })).toMatchObject({
    code: 'LIBVIRT_ERROR',
    detail: { libvirt: { code: 500, codeName: 'unknown (500)', domainName: 'unknown (400)' } },
  });
});

test('an error is recognised by its name in libvirt', () => {
  expect(isLibvirtError(fromLibvirtError(error(42)), 'NO_NETWORK', 'NO_DOMAIN')).toBe(true);
  expect(isLibvirtError(fromLibvirtError(error(42)), 'NO_NETWORK')).toBe(false);
  expect(isLibvirtError(new Error('other'), 'NO_DOMAIN')).toBe(false);
});
