import { expect, test } from 'vitest';
import { deadlineMs } from '../../src/drivers/libvirt/deadlines.ts';
import { domainEvents } from '../../src/drivers/libvirt/rpc/events-domain.ts';
import { objectEvents } from '../../src/drivers/libvirt/rpc/events-objects.ts';
import {
  maxFrameBytes,
  messageStatuses,
  messageTypes,
  minFrameBytes,
  programs,
} from '../../src/drivers/libvirt/rpc/frame.ts';
import { limits } from '../../src/drivers/libvirt/rpc/limits.ts';
import { procedures } from '../../src/drivers/libvirt/rpc/procedures.ts';
import { readPage, tableUnder } from './markdown.ts';

const page = readPage('docs/LIBVIRT-WIRE.md');

test('docs/LIBVIRT-WIRE.md lists the procedures of the source with number, lane and whether they change the host', () => {
  expect(
    tableUnder(page, 'Procedures').map(({ Name, Number: number, Lane, Mutating }) => [Name, number, Lane, Mutating]),
  ).toEqual(
    Object.values(procedures).map(({ name, number, lane, mutating }) => [
      name,
      String(number),
      lane,
      mutating ? 'yes' : 'no',
    ]),
  );
});

test('docs/LIBVIRT-WIRE.md lists the events of domains with their ids and procedures', () => {
  expect(tableUnder(page, 'Domain events').map(({ Event, Id, Procedure }) => [Event, Id, Procedure])).toEqual(
    Object.entries(domainEvents).map(([name, { id, procedure }]) => [name, String(id), String(procedure)]),
  );
});

test('docs/LIBVIRT-WIRE.md lists the other events with their kinds, ids and procedures', () => {
  expect(
    tableUnder(page, 'Other events').map((row) => [row['Event'], row['Registered as'], row['Id'], row['Procedure']]),
  ).toEqual(
    Object.entries(objectEvents).map(([name, { kind, id, procedure }]) => [name, kind, String(id), String(procedure)]),
  );
});

test('docs/LIBVIRT-WIRE.md lists the limits of the source', () => {
  expect(tableUnder(page, 'Limits').map(({ Limit, Value }) => [Limit, Value])).toEqual(
    Object.entries(limits).map(([name, value]) => [name, String(value)]),
  );
});

test('docs/LIBVIRT-WIRE.md lists the lanes with their deadlines', () => {
  expect(tableUnder(page, 'Calls, lanes and deadlines').map(({ Lane, Deadline }) => [Lane, Deadline])).toEqual(
    Object.entries(deadlineMs).map(([lane, ms]) => [lane, `${ms / 1000} s`]),
  );
});

test('docs/LIBVIRT-WIRE.md describes frames with the numbers of the source', () => {
  const rows = Object.fromEntries(tableUnder(page, 'Frames').map(({ Field, Values }) => [Field, Values]));
  const numbered = (values: Readonly<Record<string, number>>) =>
    Object.entries(values)
      .map(([name, number]) => `${number} ${name}`)
      .join(', ');
  expect(rows['type']).toBe(numbered(messageTypes));
  expect(rows['status']).toBe(numbered(messageStatuses));
  expect(rows['length']).toContain(`${minFrameBytes} to ${maxFrameBytes.toLocaleString('en')}`);
});

test('docs/LIBVIRT-WIRE.md names the programs with their numbers', () => {
  expect(tableUnder(page, 'Programs').map((row) => [row['Program'], row['Number']])).toEqual(
    Object.entries(programs).map(([name, { number }]) => [name, `0x${number.toString(16)}`]),
  );
});
