import { Arg, Args, Ctx, Query, Resolver } from 'type-graphql';
import { entityKey } from '../domain/entity.js';
import type { Filter } from '../store/condition.js';
import { openPage, openView, ReadArgs, ReadPageArgs } from './at.js';
import { connectionType, showPage, slicePage } from './connection.js';
import type { GraphContext } from './context.js';
import { Scan } from './cost.js';
import { EntityType } from './entity.js';
import { compileEntityFilter, type EntityField, EntityFilter, loadRelated } from './entityFilter.js';

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
    await loadRelated(view, filter);
    const all = view.catalogue.content.entities.filter(compileEntityFilter(filter, view));
    const page = slicePage(all, (entity) => `Entity:${entityKey(entity)}`, position, size);
    return new EntityConnection(
      showPage(
        page,
        (entity) => new EntityType(entity, view),
        ({ id }) => id,
      ),
    );
  }
}
