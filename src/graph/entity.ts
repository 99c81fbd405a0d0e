import { GraphQLLocalDate } from 'graphql-scalars';
import { Arg, Args, Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import { type Entity, type EntityLevel, entityKey } from '../domain/entity.js';
import type { Filter } from '../store/condition.js';
import { openPage, openView, ReadArgs, ReadPageArgs } from './at.js';
import { connectionType, slicePage } from './connection.js';
import { type GraphContext, type View } from './context.js';
import { ListSize, Scan } from './cost.js';
import { choiceFilter, compileFilter, DateFilter, filterInput, type Readers, StringFilter } from './filter.js';
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
  readonly id: string;

  @Field(() => String, { description: 'Code within the code system: `74`, `MPI`.' })
  readonly code: string;

  @Field(() => String, { description: '`GSO-2004` (63 provinces), `GSO-2025` (34 provinces) or `CENTRAL`.' })
  readonly codeSystem: string;

  @Field(() => EntityLevelWord, { description: 'What kind of body it is.' })
  readonly level: EntityLevel;

  @Field(() => String, { description: 'Administrative type, such as `municipality` or `ministerial_level_agency`.' })
  readonly kind: string;

  @Field(() => GraphQLLocalDate, { nullable: true, description: 'First day; null = before the reference data begins.' })
  readonly validFrom: string | null;

  @Field(() => GraphQLLocalDate, { nullable: true, description: 'Last day; null = still in force.' })
  readonly validTo: string | null;

  constructor(
    readonly entity: Entity,
    readonly view: View,
  ) {
    this.id = `Entity:${entityKey(entity)}`;
    this.code = entity.code;
    this.codeSystem = entity.codeSystem;
    this.level = entity.level;
    this.kind = entity.kind;
    this.validFrom = entity.validFrom;
    this.validTo = entity.validTo;
  }

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

type EntityField = 'code' | 'codeSystem' | 'level' | 'kind' | 'name' | 'region' | 'validFrom' | 'validTo';

const EntityFilter = filterInput<EntityField>('EntityFilter', 'Selects entities.', {
  code: [StringFilter, 'Code within the code system.'],
  codeSystem: [StringFilter, 'The code system.'],
  level: [choiceFilter('EntityLevel', () => EntityLevelWord), 'What kind of body it is.'],
  kind: [StringFilter, 'Administrative type.'],
  name: [StringFilter, 'Its Vietnamese or English name.'],
  region: [StringFilter, 'Its region, as code `RRD` or with code system, `GSO-2004:RRD`.'],
  validFrom: [DateFilter, 'First day.'],
  validTo: [DateFilter, 'Last day; `{ eq: null }` finds those in force.'],
});

const ENTITY_READERS: Readers<EntityField, Entity> = {
  code: ({ code }) => code,
  codeSystem: ({ codeSystem }) => codeSystem,
  level: ({ level }) => level,
  kind: ({ kind }) => kind,
  name: ({ name }) => [name.vi, name.en],
  region: readRegion,
  validFrom: ({ validFrom }) => validFrom,
  validTo: ({ validTo }) => validTo,
};

/** The readings of an entity's region: the code, and the code with its system. */
export function readRegion({ region }: Entity): readonly string[] | null {
  return region === null ? null : [region.code, `${region.codeSystem}:${region.code}`];
}

/** The readings of an entity's code: `74` and `GSO-2004:74`. */
export function readEntityCode(entity: Entity): readonly string[] {
  return [entity.code, entityKey(entity)];
}

const EntityConnection = connectionType('Entity', () => EntityType, 'Entities, by code system and code.');
type EntityConnection = InstanceType<typeof EntityConnection>;

/** Root fields about entities. */
@Resolver(() => EntityType)
export class EntityResolver {
  @Query(() => EntityType, {
    nullable: true,
    name: 'entity',
    description: 'One entity by its code; null when there is none, AMBIGUOUS_CODE when the code alone names several.',
  })
  async findEntity(
    @Arg('code', () => String, { description: 'Its code: `74`, `MPI`.' }) code: string,
    @Arg('codeSystem', () => String, { nullable: true, description: 'Its code system; without it the only match.' })
    codeSystem: string | null,
    @Args(() => ReadArgs) args: ReadArgs,
    @Ctx() context: GraphContext,
  ): Promise<EntityType | null> {
    const view = await openView(context, args);
    const entity = view.catalogue.findEntity(code, codeSystem ?? null);
    return entity === undefined ? null : new EntityType(entity, view);
  }

  @Scan(131)
  @Query(() => EntityConnection, { description: 'The entities of all code systems.' })
  async entities(
    @Args(() => ReadPageArgs) args: ReadPageArgs,
    @Arg('filter', () => EntityFilter, { nullable: true, description: 'Which entities.' })
    filter: Filter<EntityField> | null,
    @Ctx() context: GraphContext,
  ): Promise<EntityConnection> {
    const { view, position, size } = await openPage(context, args, 'entities');
    const all = view.catalogue.content.entities
      .filter(compileFilter(filter, ENTITY_READERS))
      .map((entity) => new EntityType(entity, view));
    return new EntityConnection(slicePage(all, ({ id }) => id, position, size));
  }
}
