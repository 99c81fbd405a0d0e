/** The language of what a source says of itself: the simulated ones are described in English; of others it is not known. */
export function languageOf({ simulated }: { readonly simulated: boolean }): 'en' | undefined {
  return simulated ? 'en' : undefined;
}
