import { GraphQLInt } from 'graphql';
import { Field, InputType } from 'type-graphql';
import { PREVIEW_PAGES } from '../pipeline/previewSource.js';

/** Options of the argument `idempotencyKey` of every write. */
export const IDEMPOTENCY_KEY = {
  nullable: true,
  description:
    'A text of the client’s own, at most 200 characters: a request with the same one and the same input is answered like the first and does nothing twice.',
};

@InputType({ description: 'A secret of a source. It is sealed and never comes out again.' })
export class SecretInput {
  @Field(() => String, { description: 'Its name, as the manifest says.' })
  readonly name!: string;

  @Field(() => String, { description: 'Its value; the empty text removes it.' })
  readonly value!: string;
}

@InputType({ description: 'A manifest to register, with settings of its source.' })
export class RegisterSourceInput {
  @Field(() => String, { description: 'The text of the manifest, YAML or JSON.' })
  readonly manifest!: string;

  @Field(() => [SecretInput], { nullable: true, description: 'Secrets to set; others stay as they are.' })
  readonly secrets?: SecretInput[] | null;

  @Field(() => String, { nullable: true, description: 'Where the source is: `https://host/path`; absent = as before.' })
  readonly baseUrl?: string | null;

  @Field(() => String, IDEMPOTENCY_KEY)
  readonly idempotencyKey?: string | null;
}

@InputType({ description: 'Settings to change; what is absent stays as it is.' })
export class SourceSettingsInput {
  @Field(() => String, {
    nullable: true,
    description:
      'Where the source is: `https://host/path`; null = where its manifest says. With another host the secrets must be given again.',
  })
  readonly baseUrl?: string | null;

  @Field(() => [SecretInput], { nullable: true, description: 'Secrets to set; others stay as they are.' })
  readonly secrets?: SecretInput[] | null;

  @Field(() => String, {
    nullable: true,
    description: 'When it is read, five fields of cron in Vietnam’s time; null = as its manifest says.',
  })
  readonly schedule?: string | null;
}

@InputType({ description: 'What to preview: a manifest, or a source by its key.' })
export class PreviewSourceInput {
  @Field(() => String, { nullable: true, description: 'The text of a manifest, which need not be registered.' })
  readonly manifest?: string | null;

  @Field(() => String, { nullable: true, description: 'Key of a source, instead of a manifest.' })
  readonly key?: string | null;

  @Field(() => GraphQLInt, { nullable: true, description: 'Version of the source; absent = the newest.' })
  readonly version?: number | null;

  @Field(() => String, {
    nullable: true,
    description: 'Where to read instead of the stored address; the stored secrets are then left out.',
  })
  readonly baseUrl?: string | null;

  @Field(() => [SecretInput], { nullable: true, description: 'Secrets for this preview only.' })
  readonly secrets?: SecretInput[] | null;

  @Field(() => GraphQLInt, { nullable: true, defaultValue: PREVIEW_PAGES, description: 'Pages at most, 1 to 5.' })
  readonly maxPages?: number | null;
}
