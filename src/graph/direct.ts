import { type GraphQLFieldResolver, type GraphQLSchema, isObjectType } from 'graphql';
import { getMetadataStorage } from 'type-graphql';

type Method = (...params: readonly unknown[]) => unknown;
type Args = Readonly<Record<string, unknown>>;
/** Reads one parameter of a method. */
type Read = (root: unknown, args: Args, context: unknown) => unknown;

type Metadata = ReturnType<typeof getMetadataStorage>;
type Handler = Metadata['queries'][number] | Metadata['fieldResolvers'][number];
type Parameter = NonNullable<Handler['params']>[number];

/**
 * Lets the fields of what can be read call their methods directly. type-graphql wraps a method with arguments into a function that looks its
 * parameters up, copies inputs, and awaits a validation that is off: a name in one language then takes 3 µs and a promise, and an answer shows
 * hundreds. Parameters get the values that graphql-js has checked; a method with others than root, context and arguments keeps its wrapper.
 */
export function callDirectly(schema: GraphQLSchema): void {
  const storage = getMetadataStorage();
  const instances = new Map<unknown, object>();
  const classes = new Map(storage.objectTypes.map(({ name, target }) => [name, target]));

  const handlerOf = (typeName: string, fieldName: string): Handler | undefined => {
    if (typeName === schema.getQueryType()?.name) {
      return storage.queries.find(({ schemaName }) => schemaName === fieldName);
    }
    for (let owner = classes.get(typeName); owner?.prototype !== undefined; owner = Object.getPrototypeOf(owner)) {
      const found = storage.fieldResolvers.find(
        (each) => each.schemaName === fieldName && each.getObjectType?.() === owner,
      );
      if (found !== undefined) return found;
    }
    return undefined;
  };
  const instanceOf = (target: unknown): object => {
    const instance = instances.get(target) ?? new (target as new () => object)();
    instances.set(target, instance);
    return instance;
  };

  for (const type of Object.values(schema.getTypeMap())) {
    const isWritten = type === schema.getMutationType() || type === schema.getSubscriptionType();
    if (!isObjectType(type) || isWritten || type.name.startsWith('__')) continue;
    for (const field of Object.values(type.getFields())) {
      const handler = handlerOf(type.name, field.name);
      if (field.resolve === undefined || handler === undefined) continue;
      const isOwn = 'kind' in handler && handler.kind === 'internal';
      // A getter or a method without parameters: graphql-js reads and calls it itself.
      if (isOwn && !handler.params?.length && !handler.middlewares?.length) delete field.resolve;
      else field.resolve = makeDirect(handler, storage, isOwn ? null : instanceOf(handler.target)) ?? field.resolve;
    }
  }
}

/** @param instance whose method it is; null = of the root itself */
function makeDirect(
  handler: Handler,
  storage: Metadata,
  instance: object | null,
): GraphQLFieldResolver<unknown, unknown> | null {
  const { methodName, params = [], middlewares = [] } = handler;
  const reads = [...params].sort((a, b) => a.index - b.index).map((each) => readerOf(each, storage));
  if (middlewares.length > 0 || !reads.every((read) => read !== null)) return null;
  const methodOf = (owner: unknown): Method => (owner as Readonly<Record<string, Method>>)[methodName] as Method;
  const [first, second] = reads;
  if (instance === null && first !== undefined && second === undefined) {
    return (root, args, context) => methodOf(root).call(root, first(root, args, context));
  }
  return (root, args, context) => {
    const owner = instance ?? root;
    return methodOf(owner).apply(
      owner,
      reads.map((read) => read(root, args, context)),
    );
  };
}

function readerOf(parameter: Parameter, storage: Metadata): Read | null {
  switch (parameter.kind) {
    case 'root':
      return parameter.propertyName === undefined ? (root) => root : null;
    case 'context':
      return parameter.propertyName === undefined ? (_root, _args, context) => context : null;
    case 'arg': {
      const { name } = parameter;
      return (_root, args) => args[name];
    }
    case 'args': {
      const names = namesOf(parameter.getType(), storage);
      const { prototype } = parameter.getType() as { prototype: object };
      return (_root, args) => {
        const given: Record<string, unknown> = Object.create(prototype);
        for (const name of names) if (args[name] !== undefined) given[name] = args[name];
        return given;
      };
    }
    default:
      return null;
  }
}

/** The arguments of a class of arguments and of those that it extends. */
function namesOf(type: unknown, { argumentTypes }: Metadata): readonly string[] {
  const names: string[] = [];
  for (let owner = type; typeof owner === 'function' && owner.prototype; owner = Object.getPrototypeOf(owner)) {
    const found = argumentTypes.find(({ target }) => target === owner);
    names.push(...(found?.fields ?? []).map(({ name }) => name));
  }
  return names;
}
