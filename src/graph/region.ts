import { Field, ObjectType } from 'type-graphql';
import type { Region } from '../domain/entity.js';
import { LangArg, nameIn } from './name.js';
import { NodeType } from './node.js';
import { type Lang } from './words.js';

@ObjectType('Region', {
  description:
    'A socio-economic region. The regions were regrouped in 2025, so a code means something only with its code system.',
  implements: NodeType,
  simpleResolvers: true,
})
export class RegionType implements NodeType {
  readonly id: string;

  @Field(() => String, { description: 'Code within the code system, such as `RRD`.' })
  readonly code: string;

  @Field(() => String, { description: 'The code system: `GSO-2004` or `GSO-2025`.' })
  readonly codeSystem: string;

  readonly #region: Region;

  constructor(region: Region) {
    this.id = `Region:${region.codeSystem}:${region.code}`;
    this.code = region.code;
    this.codeSystem = region.codeSystem;
    this.#region = region;
  }

  @Field(() => String, { description: 'Its name.' })
  name(@LangArg() lang: Lang | null): string {
    return nameIn(this.#region.name, lang);
  }
}
