/** A request that must be refused before anything of it is executed. */
export interface AbusiveDocument {
  readonly name: string;
  readonly query: string;
  readonly variables?: Readonly<Record<string, unknown>>;
  readonly operationName?: string;
  /** Of the first error, as the public of a platform with real data gets it. */
  readonly code: string;
  /** The same with the demonstration, where that differs; null = it is answered. */
  readonly demoCode?: string | null;
}

function many(count: number, make: (at: number) => string): string {
  return Array.from({ length: count }, (_, at) => make(at)).join(' ');
}

/** Something in itself, so many times. */
function nest<Value>(levels: number, inner: Value, wrap: (value: Value) => Value): Value {
  let value = inner;
  for (let level = 0; level < levels; level += 1) value = wrap(value);
  return value;
}

const SCORES = 'scores(round: "PROVINCE-2022")';
const FILTERED = 'query Q($filter: EntityFilter) { entities(filter: $filter) { totalCount } }';
const FOUND = 'query Q($ids: [ID!]!) { nodes(ids: $ids) { id } }';
const MATRIX = `{ scores(round: "PROVINCE-2022", first: 1000) { edges { node { entity { ${SCORES} { entity { ${SCORES} { value } } } } } } } }`;

const PARSE = 'GRAPHQL_PARSE_FAILED';
const VALIDATION = 'GRAPHQL_VALIDATION_FAILED';
const DEEP = 'QUERY_TOO_DEEP';
const LARGE = 'QUERY_TOO_LARGE';
const COSTLY = 'QUERY_TOO_COSTLY';
const INPUT = 'BAD_USER_INPUT';
const UNRESOLVED = 'OPERATION_RESOLUTION_FAILURE';

/** Name, text, code of the refusal, variables. */
type Row = readonly [string, string, string, Readonly<Record<string, unknown>>?];

const DEPTHS: readonly Row[] = [
  ['360 bytes of 30 levels', `{entities{edges{node{${'successors{'.repeat(26)}code${'}'.repeat(29)}}`, DEEP],
  ['1,300 levels', `${'{ successors '.repeat(1300)}{ code }${' }'.repeat(1300)}`, DEEP],
  [
    'levels hidden in fragments',
    `{ entities { edges { node { ...F0 } } } } ${many(20, (at) => `fragment F${at} on Entity { successors { ...F${at + 1} } }`)} fragment F20 on Entity { code }`,
    DEEP,
  ],
  [
    'an argument of 900 levels',
    `{ entities(filter: ${'{not:'.repeat(900)}{}${'}'.repeat(900)}) { totalCount } }`,
    DEEP,
  ],
  ['a list of 1,900 levels', `{ nodes(ids: ${'['.repeat(1900)}${']'.repeat(1900)}) { id } }`, DEEP],
  [
    'a default of 900 levels',
    `query ($f: EntityFilter = ${'{not:'.repeat(900)}{}${'}'.repeat(900)}) { entities(filter: $f) { totalCount } }`,
    DEEP,
  ],
  ['variables of 4,000 levels', FILTERED, DEEP, { filter: nest<object>(4_000, {}, (not) => ({ not })) }],
  ['variables of 4,000 lists', FOUND, DEEP, { ids: nest<unknown>(4_000, [], (inner) => [inner]) }],
  [
    'introspection that circles',
    `{ __schema { types { ${'fields { type { '.repeat(6)}name ${'} } '.repeat(6)}} } }`,
    VALIDATION,
  ],
];

const FLOODS: readonly Row[] = [
  ['5,000 tokens', `{ ${'__typename '.repeat(5000)}}`, LARGE],
  ['3,990 times one field', `{ ${'__typename '.repeat(3990)}}`, LARGE],
  ['1,330 aliases', `{ ${many(1330, (at) => `a${at}: __typename`)} }`, LARGE],
  ['360 aliases of one entity', `{ ${many(360, (at) => `a${at}: entity(code: "74") { code }`)} }`, LARGE],
  ['250 aliases below the root', `{ entity(code: "74") { ${many(250, (at) => `a${at}: name`)} } }`, LARGE],
  ['150 rankings', `{ ${many(150, () => 'ranking(round: "PROVINCE-2022") { totalCount }')} }`, LARGE],
  ['440 times one entity', `{ ${many(440, () => 'entity(code: "1") { code }')} }`, LARGE],
  ['440 entities of one name', `{ ${many(440, (at) => `entity(code: "${at}") { code }`)} }`, LARGE],
  [
    'a field that 90 places ask for in ten ways',
    `{ ${many(90, () => `entities { edges { node { ${many(10, () => 'successors { code }')} } } }`)} }`,
    LARGE,
  ],
  [
    'one place that asks 900 times for a name',
    `{ entity(code: "74") { ${many(900, () => 'name(lang: EN)')} } }`,
    LARGE,
  ],
  ['1,990 directives', `{ __typename ${'@x '.repeat(1990)}}`, LARGE],
  ['360 conditions', `{ __typename ${'@skip(if: false) '.repeat(360)}}`, LARGE],
  ['conditions on fragments', `{ ${'... @include(if: true) { __typename } '.repeat(300)}}`, LARGE],
  ['600 operations', many(600, (at) => `query A${at} { __typename }`), LARGE],
  [
    '400 fragments',
    `{ ${many(400, (at) => `...F${at}`)} } ${many(400, (at) => `fragment F${at} on Query { __typename }`)}`,
    LARGE,
  ],
  [
    'a chain of 440 fragments',
    `{ ...F0 } ${many(440, (at) => `fragment F${at} on Query { ...F${at + 1} __typename }`)} fragment F440 on Query { __typename }`,
    DEEP,
  ],
  [
    'fragments that double each other',
    `{ ...F0 } ${many(40, (at) => `fragment F${at} on Query { a${at}: __typename ...F${at + 1} ...F${at + 1} }`)} fragment F40 on Query { __typename }`,
    LARGE,
  ],
  [
    'a ring of 440 fragments',
    `{ ...F0 } ${many(440, (at) => `fragment F${at} on Query { ...F${(at + 1) % 440} __typename }`)}`,
    DEEP,
  ],
  [
    '30 fragments that all contain all',
    `{ ...F0 } ${many(30, (at) => `fragment F${at} on Query { ${many(30, (other) => `...F${other}`)} }`)}`,
    VALIDATION,
  ],
  [
    'a fragment that contains itself',
    '{ entity(code: "74") { ...F } } fragment F on Entity { successors { ...F } }',
    VALIDATION,
  ],
  [
    'fragments that contain each other',
    '{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }',
    VALIDATION,
  ],
  ['90 variables that are not used', `query (${many(90, (at) => `$v${at}: Int`)}) { __typename }`, VALIDATION],
  ['900 variables', `query (${many(900, (at) => `$v${at}: Int`)}) { __typename }`, LARGE],
  ['1,900 unknown fields', `{ entity(code: "74") { ${many(1900, (at) => `x${at}`)} } }`, VALIDATION],
  ['21 names that are almost right', `{ ${many(21, (at) => `entitie${at}`)} }`, VALIDATION],
  ['an unknown field of 200,000 letters', `{ ${'x'.repeat(200_000)} }`, LARGE],
  ['an alias of 200,000 letters for an unknown field', `{ ${'x'.repeat(200_000)}: nowhere }`, LARGE],
  ['types instead of operations', many(90, (at) => `type T${at} { a: Int }`), VALIDATION],
  ['900 types', many(900, (at) => `scalar T${at}`), LARGE],
];

const COSTS: readonly Row[] = [
  ['scores of scores of scores', MATRIX, COSTLY],
  [
    'what costs by its variables',
    MATRIX.replace('{', 'query Q($n: Int) {').replace('first: 1000', 'first: $n'),
    COSTLY,
    { n: 1000 },
  ],
  [
    'fragments that multiply',
    `{ entity(code: "74") { ...F0 } } ${many(9, (at) => `fragment F${at} on Entity { a: successors { ...F${at + 1} } b: predecessors { ...F${at + 1} } }`)} fragment F9 on Entity { code }`,
    COSTLY,
  ],
  [
    '90 searches through all scores',
    `{ ${many(90, (at) => `a${at}: scores(round: "PROVINCE-2022", first: 1000) { edges { node { value } } }`)} }`,
    COSTLY,
  ],
  [
    'events that cost too much',
    `subscription { rankingUpdates(round: "PROVINCE-2026") { rows { entity { ${SCORES} { entity { ${SCORES} { value } } } } } } }`,
    COSTLY,
  ],
];

const TEXTS: readonly Row[] = [
  ['a document of 250,000 blanks', `{ ${' '.repeat(250_000)}`, LARGE],
  ['an unknown field of 60,000 letters', `{ ${'x'.repeat(60_000)} }`, LARGE],
  ['60,000 letters that are no end of a block string', `{ entity(code: """${'\n '.repeat(30_000)}) { code } }`, LARGE],
  ['1,950 lines that are no end of a block string', `{ entity(code: """${'\n '.repeat(1950)}) { code } }`, PARSE],
  ['unknown fields below 1,950 lines', `{ ${'\n'.repeat(1950)} ${many(50, (at) => `unknown${at}`)} }`, VALIDATION],
  ['30,000 lines before unknown fields', `{ ${'\n'.repeat(30_000)} ${many(50, (at) => `unknown${at}`)} }`, LARGE],
  ['10,000 escapes for a field that is not there', `{ nowhere(code: "${'\\u0041'.repeat(10_000)}") }`, VALIDATION],
  ['nothing', ' ', PARSE],
  ['half a document', '{ entity(code: "74") {', PARSE],
  ['an open string of 200,000 letters', `{ entity(code: "${'x'.repeat(200_000)}) { code } }`, LARGE],
  ['an open block string', `{ entity(code: """${'\n '.repeat(60_000)}) { code } }`, LARGE],
  ['a NUL', '{ source(key: "\0") { key } }', INPUT],
  ['an escaped NUL', '{ source(key: "\\u0000") { key } }', INPUT],
  ['half a surrogate', '{ entity(code: "\\uD800") { code } }', PARSE],
  ['a code point beyond Unicode', '{ entity(code: "\\u{110000}") { code } }', PARSE],
  ['a name in another script', '{ ｅntity(code: "74") { code } }', PARSE],
  ['a right-to-left override', '{ \u202eentity(code: "74") { code } }', PARSE],
  ['names of the prototype', '{ __proto__ constructor toString }', VALIDATION],
  ['a fragment with a name of the prototype', '{ ...__proto__ ...constructor }', VALIDATION],
  ['an argument with a name of the prototype', '{ entity(code: "74", __proto__: {}) { code } }', VALIDATION],
  [
    'a literal that a code generator would write out as code',
    '{ entity(code: "74") { name(lang: "__MAGIC_DATE__") } }',
    VALIDATION,
  ],
  ['20,000 escapes for a field that is not there', `{ nowhere(code: "${'\\u0041'.repeat(20_000)}") }`, LARGE],
  ['20,000 comments before a mistake', `${'#\n'.repeat(20_000)}{`, LARGE],
  ['1,950 comments before a mistake', `${'#\n'.repeat(1950)}{`, PARSE],
  ['30,000 carriage returns before a mistake', `${'\r'.repeat(30_000)}{`, LARGE],
];

const VALUES: readonly Row[] = [
  ['30,000 values of variables', FOUND, LARGE, { ids: Array(30_000).fill('x') }],
  ['19,000 values of a wrong type', FOUND, INPUT, { ids: Array(19_000).fill({}) }],
  [
    '90 unknown fields of an input',
    FILTERED,
    INPUT,
    { filter: Object.fromEntries(Array.from({ length: 90 }, (_, at) => [`codes${at}`, 'x'.repeat(2000)])) },
  ],
  [
    'a value of 200,000 letters for an enumeration',
    'query Q($k: MeasureKind) { scores(round: "PROVINCE-2022", kind: $k) { totalCount } }',
    INPUT,
    { k: 'x'.repeat(200_000) },
  ],
  ['a NUL in a variable', FOUND, INPUT, { ids: ['Entity:\0'] }],
  ['no value where one must be', 'query Q($code: String!) { entity(code: $code) { code } }', INPUT],
  [
    'a name of the prototype as a value',
    FILTERED,
    INPUT,
    { filter: JSON.parse('{"__proto__x":{"a":1},"constructor":1}') },
  ],
];

const OPERATIONS: readonly Row[] = [
  ['two operations without a choice', 'query A { __typename } query B { __typename }', UNRESOLVED],
  ['no operation', 'fragment F on Query { __typename }', VALIDATION],
  [
    'a subscription of two fields',
    'subscription { a: rankingUpdates(round: "x") { revision } b: rankingUpdates(round: "y") { revision } }',
    VALIDATION,
  ],
  ['what is for admins', '{ apiKeys { edges { node { id } } } }', 'AUTH_REQUIRED'],
  [
    'what is for admins, in a fragment under an alias',
    '{ ...F } fragment F on Query { x: auditTrail { totalCount } }',
    'AUTH_REQUIRED',
  ],
  [
    'what is for admins, left out by a variable',
    'query Q($no: Boolean = false) { apiKeys @include(if: $no) { totalCount } __typename }',
    'AUTH_REQUIRED',
  ],
];

/** Documents that are meant to hurt, and some that are merely wrong; the same for the tests of every transport and for measurements. */
export const ABUSIVE_DOCUMENTS: readonly AbusiveDocument[] = [
  ...[...DEPTHS, ...FLOODS, ...COSTS, ...TEXTS, ...VALUES, ...OPERATIONS].map(([name, query, code, variables]) => ({
    ...{ name, query, code },
    ...(variables === undefined ? {} : { variables }),
  })),
  { name: 'an unknown operation', query: 'query A { __typename }', operationName: 'B', code: UNRESOLVED },
  {
    ...{ name: 'introspection', query: '{ __schema { queryType { name } } }' },
    ...{ code: VALIDATION, demoCode: null },
  },
  {
    ...{ name: 'a type by its name', query: '{ t: __type(name: "ApiKey") { fields { name } } }' },
    ...{ code: VALIDATION, demoCode: null },
  },
  {
    name: 'introspection under 80 aliases',
    query: `{ ${many(80, (at) => `a${at}: __schema { types { fields { name args { name type { name } } type { name } } } }`)} }`,
    ...{ code: VALIDATION, demoCode: COSTLY },
  },
];
