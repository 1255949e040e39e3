import { join } from 'node:path';

export type DaemonsOptions = {
  readonly folder: string;
  readonly hosts: number;
  readonly domainsPerHost: number;
};

export const socketOf = (folder: string, host: number) => join(folder, `${host}.sock`);
