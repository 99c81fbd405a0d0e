import { GraphQLLocalDate } from 'graphql-scalars';
import { Field, ObjectType } from 'type-graphql';
import { type Entity, type EntityLevel, entityKey } from '../domain/entity.js';
import { PlatformError } from '../domain/errors.js';
import { otherNamesOf } from '../domain/otherName.js';
import { type View } from './context.js';
import { ListSize } from './cost.js';
import { LangArg, nameIn } from './name.js';
import { NodeType } from './node.js';
import { RegionType } from './region.js';
import { EntityLevelWord, type Lang } from './words.js';

@ObjectType('Entity', {
  description:
    'What is assessed: a province or central body. One code in one code system is one entity, since seven province codes changed their meaning in 2025.',
  implements: NodeType,
  simpleResolvers: true,
})
export class EntityType implements NodeType {
  get id(): string {
    return `Entity:${entityKey(this.entity)}`;
  }

  @Field(() => String, { description: 'Code within the code system: `74`, `MPI`.' })
  get code(): string {
    return this.entity.code;
  }

  @Field(() => String, { description: '`GSO-2004` (63 provinces), `GSO-2025` (34 provinces) or `CENTRAL`.' })
  get codeSystem(): string {
    return this.entity.codeSystem;
  }

  @Field(() => EntityLevelWord, { description: 'What kind of body it is.' })
  get level(): EntityLevel {
    return this.entity.level;
  }

  @Field(() => String, { description: 'Administrative type, such as `municipality` or `ministerial_level_agency`.' })
  get kind(): string {
    return this.entity.kind;
  }

  @ListSize(1)
  @Field(() => [String], {
    description:
      'What people call it besides its name, such as `HCMC`, `Sài Gòn` or `Bộ TT&TT`: abbreviations, spellings and names of before, none of them official. `search` finds it by them. Mostly none.',
  })
  get otherNames(): readonly string[] {
    return otherNamesOf(this.entity);
  }

  @Field(() => GraphQLLocalDate, { nullable: true, description: 'First day; null = before the reference data begins.' })
  get validFrom(): string | null {
    return this.entity.validFrom;
  }

  @Field(() => GraphQLLocalDate, { nullable: true, description: 'Last day; null = still in force.' })
  get validTo(): string | null {
    return this.entity.validTo;
  }

  constructor(
    readonly entity: Entity,
    readonly view: View,
  ) {}

  @Field(() => String, { description: 'Its name.' })
  name(@LangArg() lang: Lang | null): string {
    return nameIn(this.entity.name, lang);
  }

  @Field(() => RegionType, { nullable: true, description: 'Its socio-economic region; null for central bodies.' })
  region(): RegionType | null {
    return this.entity.region === null ? null : new RegionType(this.entity.region);
  }

  @ListSize(3)
  @Field(() => [EntityType], {
    description: 'Entities that became this one: those merged into it, or itself under an earlier code system.',
  })
  predecessors(): EntityType[] {
    return this.#related(({ predecessorId, successorId }) => (successorId === this.entity.id ? predecessorId : null));
  }

  @ListSize(3)
  @Field(() => [EntityType], { description: 'Entities that this one became.' })
  successors(): EntityType[] {
    return this.#related(({ predecessorId, successorId }) => (predecessorId === this.entity.id ? successorId : null));
  }

  #related(pick: (succession: { predecessorId: number; successorId: number }) => number | null): EntityType[] {
    const { catalogue } = this.view;
    const ids = new Set(catalogue.content.successions.map(pick));
    return catalogue.content.entities
      .filter(({ id }) => ids.has(id))
      .map((entity) => new EntityType(entity, this.view));
  }
}

/** The readings of an entity's region: the code, and the code with its system. */
export function readRegion({ region }: Pick<Entity, 'region'>): readonly string[] | null {
  return region === null ? null : [region.code, `${region.codeSystem}:${region.code}`];
}

/** The readings of an entity's code: `74` and `GSO-2004:74`. */
export function readEntityCode(entity: Entity): readonly string[] {
  return [entity.code, entityKey(entity)];
}

/**
 * The ids of entities by key, `GSO-2025:48`, or unambiguous code.
 * @throws PlatformError NOT_FOUND, AMBIGUOUS_CODE
 */
export function findEntities({ catalogue }: View, codes: readonly string[]): number[] {
  const ids = codes.map((text) => {
    const [code = '', system = null] = text.split(':').reverse();
    const found = catalogue.findEntity(code, system);
    if (found === undefined) throw new PlatformError('NOT_FOUND', `There is no entity "${text.slice(0, 80)}".`);
    return found.id;
  });
  return [...new Set(ids)];
}
