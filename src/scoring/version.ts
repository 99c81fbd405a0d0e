/**
 * The version of the method in this room and of the form of its hashes; it changes whenever the same input could give another result or hash.
 * - 1: `inputHash` over the lines of all figures, `resultHash` over the lines of all measures
 * - 2: the same scores; both hashes over the hashes of parts, so that a change costs the parts that it touches
 */
export const ENGINE_VERSION = '2';
