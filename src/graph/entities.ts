import { Arg, Args, Ctx, Query, Resolver } from 'type-graphql';
import { ENTITY_LEVELS, type Entity, entityKey } from '../domain/entity.js';
import { compileEntitySearch } from '../domain/entitySearch.js';
import { otherNamesOf } from '../domain/otherName.js';
import type { SearchedText } from '../domain/search.js';
import type { Filter } from '../store/condition.js';
import { openPage, openView, ReadArgs, ReadPageArgs } from './at.js';
import { connectionType, showPage, slicePage } from './connection.js';
import type { GraphContext, View } from './context.js';
import { Scan } from './cost.js';
import { EntityType } from './entity.js';
import { compileEntityFilter, type EntityField, EntityFilter, loadRelated } from './entityFilter.js';
import { namePlaces, ORDER_BY, type Order, orderInput, orderKey, sortRows } from './order.js';
import { ENTITY_SEARCH, searchRows } from './search.js';
import { Reads } from './volatile.js';

const EntityConnection = connectionType('Entity', () => EntityType, 'Entities, by code system and code.');
type EntityConnection = InstanceType<typeof EntityConnection>;

type EntityOrderBy = 'NAME' | 'NAME_EN' | 'CODE' | 'LEVEL' | 'KIND' | 'REGION' | 'VALID_FROM';

const EntityOrder = orderInput<EntityOrderBy>('EntityOrder', 'entities', {
  NAME: 'Vietnamese name, in the order of the Vietnamese alphabet.',
  NAME_EN: 'English name.',
  CODE: 'Code within the code system.',
  LEVEL: 'What kind of body it is, provinces first.',
  KIND: 'Administrative type.',
  REGION: 'Code system and code of the region.',
  VALID_FROM: 'First day.',
});

function sortEntities(
  entities: readonly Entity[],
  orders: readonly Order<EntityOrderBy>[] | null,
  { catalogue }: View,
): readonly Entity[] {
  return sortRows<Entity, EntityOrderBy>(entities, orders, {
    NAME: ({ id }) => namePlaces(catalogue, 'vi').get(id) ?? null,
    NAME_EN: ({ id }) => namePlaces(catalogue, 'en').get(id) ?? null,
    CODE: ({ code }) => code,
    LEVEL: ({ level }) => ENTITY_LEVELS.indexOf(level),
    KIND: ({ kind }) => kind,
    REGION: ({ region }) => (region === null ? null : `${region.codeSystem}:${region.code}`),
    VALID_FROM: ({ validFrom }) => validFrom,
  });
}

function findEntities(entities: readonly Entity[], search: string | null): readonly Entity[] {
  return searchRows(
    entities,
    search,
    (entity) => ({ name: entity.name, codes: [entity.code, entityKey(entity), ...otherNamesOf(entity)] }),
    compileEntities,
  );
}

function compileEntities(wanted: string) {
  const search = compileEntitySearch(wanted);
  return search && ((texts: readonly SearchedText[], { level }: Entity) => search(texts, level));
}

/** Root fields about entities. */
@Resolver(() => EntityType)
export class EntityResolver {
  @Reads('RESULTS')
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
  @Reads('RESULTS')
  @Query(() => EntityConnection, { description: 'The entities of all code systems.' })
  async entities(
    @Args(() => ReadPageArgs) args: ReadPageArgs,
    @Arg('filter', () => EntityFilter, { nullable: true, description: 'Which entities.' })
    filter: Filter<EntityField> | null,
    @Arg('search', () => String, ENTITY_SEARCH) search: string | null,
    @Arg('orderBy', () => [EntityOrder], ORDER_BY) orderBy: Order<EntityOrderBy>[] | null,
    @Ctx() context: GraphContext,
  ): Promise<EntityConnection> {
    const { view, position, size } = await openPage(context, args, `entities${orderKey(orderBy)}`);
    await loadRelated(view, filter);
    const matches = compileEntityFilter(filter, view);
    const { entities } = view.catalogue.content;
    const isInOwnOrder = !search && !orderBy?.length;
    const all = isInOwnOrder ? entities : sortEntities(findEntities(entities.filter(matches), search), orderBy, view);
    const page = slicePage(all, (entity) => `Entity:${entityKey(entity)}`, position, size, {
      matches,
      placeOf(key) {
        const entity = view.catalogue.entityByKey(key.replace(/^Entity:/, ''));
        return entity === undefined ? -1 : all.indexOf(entity);
      },
    });
    return new EntityConnection(
      showPage(
        page,
        (entity) => new EntityType(entity, view),
        ({ id }) => id,
      ),
    );
  }
}
