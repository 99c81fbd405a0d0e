import 'reflect-metadata';
import { GraphQLID } from 'graphql';
import { Field, InterfaceType } from 'type-graphql';

@InterfaceType('Node', { description: 'Everything that has an id of its own, which `node(id)` finds again (Relay).' })
export abstract class NodeType {
  @Field(() => GraphQLID, {
    description: 'Readable and unique: the type, a colon, and the key, such as `Entity:GSO-2004:74` or `SyncRun:5`.',
  })
  readonly id: string;

  constructor(id: string) {
    this.id = id;
  }
}
