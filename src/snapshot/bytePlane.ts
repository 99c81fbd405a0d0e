/** Numbers of 4 or 8 bytes. */
type Numbers = Int32Array | Float64Array;

/** Writes the first bytes of all numbers, then the second ones, and so on; `numbers.byteLength` bytes from `at` on. */
export function splitPlanes(numbers: Numbers, into: Uint8Array, at: number): void {
  const count = numbers.length;
  const width = numbers.BYTES_PER_ELEMENT;
  const raw = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  for (let plane = 0; plane < width; plane += 1) {
    const to = at + plane * count;
    for (let index = 0, from = plane; index < count; index += 1, from += width) into[to + index] = raw[from] ?? 0;
  }
}

/** Turns {@link splitPlanes} back: fills the numbers. */
export function joinPlanes(from: Uint8Array, at: number, numbers: Numbers): void {
  const count = numbers.length;
  const width = numbers.BYTES_PER_ELEMENT;
  const raw = new Uint8Array(numbers.buffer, numbers.byteOffset, numbers.byteLength);
  for (let plane = 0; plane < width; plane += 1) {
    const begin = at + plane * count;
    for (let index = 0, to = plane; index < count; index += 1, to += width) raw[to] = from[begin + index] ?? 0;
  }
}
