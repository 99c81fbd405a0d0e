import { GraphQLFloat, GraphQLInt } from 'graphql';
import { Ctx, Field, ObjectType, Query, Resolver } from 'type-graphql';
import { type HostState, readHosts } from '../store/hostState.js';
import type { GraphContext } from './context.js';
import { Cost, ListSize } from './cost.js';
import { DateTimeScalar } from './dateTime.js';
import { Volatile } from './volatile.js';
import { type CircuitState, CircuitStateWord } from './words.js';

@Volatile()
@ObjectType('Host', {
  description:
    'A host that sources are read from, as all workers see it. One that never failed and is not limited is not listed.',
  simpleResolvers: true,
})
export class HostType {
  @Field(() => String, { description: 'Host and port.' })
  readonly host: string;

  @Field(() => CircuitStateWord, { description: 'Whether requests are let through.' })
  readonly circuit: CircuitState;

  @Field(() => GraphQLInt, { description: 'Requests in a row that failed: no answer, 5xx or 429.' })
  readonly failures: number;

  @Field(() => DateTimeScalar, {
    nullable: true,
    description: 'When the next request may try; null = the circuit is closed.',
  })
  readonly openUntil: Date | null;

  @Field(() => GraphQLFloat, { nullable: true, description: 'Requests per second that it may get; null = no limit.' })
  readonly requestsPerSecond: number | null;

  @Field(() => GraphQLInt, { nullable: true, description: 'Requests at one moment that it may get; null = no limit.' })
  readonly maxConcurrent: number | null;

  @Field(() => GraphQLInt, { description: 'Requests under way, counted where their number is limited.' })
  readonly running: number;

  @Field(() => DateTimeScalar, { description: 'When its circuit last changed.' })
  readonly changedAt: Date;

  constructor(state: HostState, now: Date) {
    const { openUntil } = state;
    this.host = state.host;
    this.circuit = openUntil === null ? 'CLOSED' : openUntil > now ? 'OPEN' : 'HALF_OPEN';
    this.failures = state.failures;
    this.openUntil = openUntil;
    this.requestsPerSecond = state.requestsPerSecond;
    this.maxConcurrent = state.maxConcurrent;
    this.running = state.running;
    this.changedAt = state.changedAt;
  }
}

/** What integrators see of hosts. */
@Resolver()
export class HostResolver {
  @Cost(20)
  @ListSize(50)
  @Volatile()
  @Query(() => [HostType], {
    description: 'Hosts that failed or are limited, by name: their circuits and limits, shared by all workers.',
  })
  async hosts(@Ctx() { platform, now }: GraphContext): Promise<HostType[]> {
    const hosts = await readHosts(platform.database.fork());
    return hosts.map((host) => new HostType(host, now));
  }
}
