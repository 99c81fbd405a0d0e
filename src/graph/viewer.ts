import { Arg, Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import { can, permissionsOf } from '../access/permission.js';
import type { Role, Viewer } from '../access/viewer.js';
import type { GraphContext, View } from './context.js';
import { ListSize } from './cost.js';
import { EntityType } from './entity.js';
import { Volatile } from './volatile.js';
import { RoleWord } from './words.js';

@Volatile()
@ObjectType('Viewer', { description: 'The one who asks.', simpleResolvers: true })
class ViewerType {
  @Field(() => RoleWord, { description: 'What the viewer may do.' })
  readonly role: Role;

  @Field(() => String, {
    nullable: true,
    description: 'Whom the audit names: `oidc:…`, `local:…` or `key:…`. Null = nobody has signed in.',
  })
  readonly subject: string | null;

  readonly #viewer: Viewer;
  readonly #view: View;

  constructor(viewer: Viewer, view: View) {
    this.role = viewer.role;
    this.subject = viewer.subject;
    this.#viewer = viewer;
    this.#view = view;
  }

  @Field(() => EntityType, { nullable: true, description: 'The entity that an officer speaks for; null for others.' })
  get entity(): EntityType | null {
    const { entityKey } = this.#viewer;
    const entity = entityKey === null ? undefined : this.#view.catalogue.entityByKey(entityKey);
    return entity === undefined ? null : new EntityType(entity, this.#view);
  }

  @ListSize(60)
  @Field(() => [String], {
    description:
      'Coordinates of the graph that are not open to everybody but to this viewer: `Mutation.syncSource`, `Source.settings`, or a whole type.',
  })
  get permissions(): string[] {
    return permissionsOf(this.#viewer);
  }

  @Field(() => Boolean, {
    description: 'Whether the viewer may use a coordinate of the graph; officers perhaps for the own entity only.',
  })
  can(@Arg('coordinate', () => String, { description: '`Mutation.syncSource`' }) coordinate: string): boolean {
    return can(this.#viewer, coordinate);
  }
}

/** Root field about the one who asks. */
@Resolver(() => ViewerType)
export class ViewerResolver {
  @Volatile()
  @Query(() => ViewerType, { description: 'The one who asks, and what that one may do: what a dashboard should show.' })
  viewer(@Ctx() { viewer, view }: GraphContext): ViewerType {
    return new ViewerType(viewer, view);
  }
}
