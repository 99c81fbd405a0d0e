/** A text without case and diacritics (đ is d), as the graph searches: "da nang" finds "Đà Nẵng". */
export function plain(text: string): string {
  return text
    .normalize('NFD')
    .replace(/\p{M}/gu, '')
    .toLowerCase()
    .replaceAll('đ', 'd')
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();
}

/** Whether one of the texts has what is looked for; nothing is found everywhere. */
export function isFound(search: string, texts: readonly string[]): boolean {
  const wanted = plain(search);
  return wanted === '' || texts.some((text) => plain(text).includes(wanted));
}
