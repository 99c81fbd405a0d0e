/** The language of what a source says of itself: the simulated ones are described in English; of others it is not known. */
export function languageOf({ simulated }: { readonly simulated: boolean }): 'en' | undefined {
  return simulated ? 'en' : undefined;
}

/** A sentence around words that the data have in English only, so that they are read out as such. */
export function AroundEnglish({
  sentence,
  place,
  english,
}: {
  /** With `{place}` where the words belong. */
  readonly sentence: string;
  readonly place: string;
  readonly english: string;
}) {
  const [before = '', after = ''] = sentence.split(`{${place}}`);
  return (
    <>
      {before}
      <span lang="en">{english}</span>
      {after}
    </>
  );
}
