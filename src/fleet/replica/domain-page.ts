import type { MacAddress } from '../../model/brands.ts';
import type { DomainState, Hypervisor } from '../../model/domain.ts';
import type { DomainRecord } from '../objects.ts';

export type LabelFilter = { readonly key: string; readonly value: string | null };

export type DomainFilter = {
  readonly hosts?: readonly string[] | null;
  readonly states?: readonly DomainState[] | null;
  readonly nameContains?: string | null;
  readonly hypervisors?: readonly Hypervisor[] | null;
  readonly macAddress?: MacAddress | null;
  readonly labels?: readonly LabelFilter[] | null;
};

export type DomainOrderField = 'NAME' | 'HOST' | 'STATE' | 'MEMORY' | 'VCPUS';

export type DomainQuery = {
  readonly filter: DomainFilter;
  readonly orderBy: { readonly field: DomainOrderField; readonly direction: 'ASC' | 'DESC' };
  readonly first: number;
  /** The cursor of an edge of an earlier page. */
  readonly after: string | null;
};

export type DomainPage = {
  /** Made when they are asked for. */
  readonly edges: readonly { readonly cursor: string; readonly node: DomainRecord }[];
  readonly nodes: readonly DomainRecord[];
  readonly hasNextPage: boolean;
  readonly hasPreviousPage: boolean;
  readonly totalCount: number;
};
