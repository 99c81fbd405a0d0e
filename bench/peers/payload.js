/** A push of about 5 kB: the new scores of 63 entities. The marker ends it. */
export function update(sequence) {
  const scores = Array.from({ length: 63 }, (_, at) => ({
    code: `T${String(at + 1).padStart(5, '0')}`,
    overall: 50 + ((at * 7919 + sequence) % 1000) / 97,
    rank: at + 1,
    delta: (at % 7) - 3,
  }));
  return { seq: sequence, year: 2024, scores, end: '@@END' };
}

export const typeDefs = /* GraphQL */ `
  type ScoreRow { code: String! overall: Float! rank: Int! delta: Int! }
  type Update { seq: Int! year: Int! scores: [ScoreRow!]! end: String! }
  type Query { ok: Boolean }
  type Subscription { scoresUpdated: Update! }`;
