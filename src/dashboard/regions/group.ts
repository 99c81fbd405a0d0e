import type { GroupsQuery } from '../generated/operations.ts';

/** One group of scores as the graph tells it. */
export type Group = GroupsQuery['scoreGroups']['edges'][number]['node'];
/** A group with what it is called. */
export interface NamedGroup {
  readonly key: string;
  readonly label: string;
  readonly group: Group;
}
