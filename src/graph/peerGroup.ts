import { Field, ObjectType } from 'type-graphql';
import type { EntityLevel, PeerGroup } from '../domain/entity.js';
import { PlatformError } from '../domain/errors.js';
import type { AssessmentRound } from '../domain/round.js';
import { askOtherCase } from '../domain/text.js';
import type { View } from './context.js';
import { LangArg, nameIn } from './name.js';
import { NodeType } from './node.js';
import { EntityLevelWord, type Lang } from './words.js';

@ObjectType('PeerGroup', {
  description:
    'Entities that are ranked together; a rank without its peer group means nothing. Membership belongs to the round.',
  implements: NodeType,
  simpleResolvers: true,
})
export class PeerGroupType implements NodeType {
  readonly id: string;

  @Field(() => String, { description: 'Such as `PROVINCE_63` or `MINISTRY_WITH_SERVICES`.' })
  readonly code: string;

  @Field(() => EntityLevelWord, { description: 'The kind of its members.' })
  readonly level: EntityLevel;

  readonly #group: PeerGroup;

  constructor(group: PeerGroup) {
    this.id = `PeerGroup:${group.code}`;
    this.code = group.code;
    this.level = group.level;
    this.#group = group;
  }

  @Field(() => String, { description: 'Its name.' })
  name(@LangArg() lang: Lang | null): string {
    return nameIn(this.#group.name, lang);
  }
}

/**
 * A peer group of a round.
 * @param code null = the first group of the round
 * @throws PlatformError NOT_FOUND that names the groups of the round
 */
export function findPeerGroup(view: View, round: AssessmentRound, code: string | null): PeerGroup {
  const groups = round.groups.flatMap(({ peerGroupId }) => view.catalogue.peerGroup(peerGroupId) ?? []);
  const found = code === null ? groups[0] : groups.find((group) => group.code === code);
  if (found !== undefined) return found;
  const known = groups.map((group) => group.code);
  throw new PlatformError(
    'NOT_FOUND',
    `The round ${round.code} has no peer group "${code ?? ''}".${askOtherCase(code ?? '', known)} It has ${known.join(', ') || 'none'}.`,
    { details: { known } },
  );
}

/** The argument that names a peer group. */
export const PEER_GROUP_ARGUMENT = {
  nullable: true,
  description: 'Code of a peer group of the round; without it the first one. NOT_FOUND for an unknown one.',
};
