/** The simulated national databases, by the names that the control interface uses. */
export const DATABASE_NAMES = ['einvoice', 'publicServices', 'population'] as const;
/** See {@link DATABASE_NAMES}. */
export type DatabaseName = (typeof DATABASE_NAMES)[number];

/** True for the three databases that tell months of counts; the others are systems of simulators/systems. */
export function isDatabase(name: string): name is DatabaseName {
  return DATABASE_NAMES.some((each) => each === name);
}

/** One count that a database tells per body and month. */
export interface CountField {
  readonly name: string;
  /** `flow`: cumulative since 1 January; `stock`: as it is at the end of the month. */
  readonly kind: 'flow' | 'stock';
  /** The count of the same row that this one never exceeds: the denominator of its ratio; null when it is no numerator. */
  readonly atMost: string | null;
  /** Where the calibrated figure comes from. A count that is shared by several ratios has several origins, which must agree. */
  readonly origins: readonly CountOrigin[];
}

/** One side of one indicator's ratio. */
export interface CountOrigin {
  readonly indicator: string;
  readonly side: 'numerator' | 'denominator';
}

const numerator = (indicator: string): CountOrigin => ({ indicator, side: 'numerator' });
const denominator = (indicator: string): CountOrigin => ({ indicator, side: 'denominator' });

function einvoiceFields(): CountField[] {
  const enterprises = 'ECO_ACTIVITY.08';
  const households = 'ECO_ACTIVITY.09';
  return [
    { name: 'ActiveEnterprises', kind: 'stock', atMost: null, origins: [denominator(enterprises)] },
    { name: 'EnterprisesIssuing', kind: 'stock', atMost: 'ActiveEnterprises', origins: [numerator(enterprises)] },
    { name: 'HouseholdsInScope', kind: 'stock', atMost: null, origins: [denominator(households)] },
    { name: 'HouseholdsIssuing', kind: 'stock', atMost: 'HouseholdsInScope', origins: [numerator(households)] },
  ];
}

function publicServiceFields(index: string): CountField[] {
  const of = (number: string): string => `${index}.${number}`;
  return [
    { name: 'proceduresEligible', kind: 'stock', atMost: null, origins: [denominator(of('01'))] },
    {
      name: 'servicesEndToEnd',
      kind: 'stock',
      atMost: 'proceduresEligible',
      origins: [numerator(of('01')), denominator(of('02'))],
    },
    { name: 'servicesWithDossiers', kind: 'stock', atMost: 'servicesEndToEnd', origins: [numerator(of('02'))] },
    { name: 'dossiersReceived', kind: 'flow', atMost: null, origins: [denominator(of('03')), denominator(of('06'))] },
    { name: 'dossiersOnline', kind: 'flow', atMost: 'dossiersReceived', origins: [numerator(of('03'))] },
    { name: 'dossiersWithFee', kind: 'flow', atMost: null, origins: [denominator(of('04'))] },
    { name: 'dossiersPaidOnline', kind: 'flow', atMost: 'dossiersWithFee', origins: [numerator(of('04'))] },
    { name: 'dossiersSettled', kind: 'flow', atMost: null, origins: [denominator(of('05'))] },
    { name: 'dossiersSettledOnTime', kind: 'flow', atMost: 'dossiersSettled', origins: [numerator(of('05'))] },
    { name: 'dossiersDigitised', kind: 'flow', atMost: 'dossiersReceived', origins: [numerator(of('06'))] },
    { name: 'feedbackReceived', kind: 'flow', atMost: null, origins: [denominator(of('10'))] },
    { name: 'feedbackOnTime', kind: 'flow', atMost: 'feedbackReceived', origins: [numerator(of('10'))] },
  ];
}

function populationFields(index: string, withPeople: boolean): CountField[] {
  const accounts = 'SOC_ACTIVITY.01';
  const people: CountField[] = [
    { name: 'adultPopulation', kind: 'stock', atMost: null, origins: [denominator(accounts)] },
    { name: 'activatedAccounts', kind: 'stock', atMost: 'adultPopulation', origins: [numerator(accounts)] },
  ];
  return [
    ...(withPeople ? people : []),
    { name: 'servicesNeedingCitizenData', kind: 'stock', atMost: null, origins: [denominator(`${index}.07`)] },
    {
      name: 'servicesQuerying',
      kind: 'stock',
      atMost: 'servicesNeedingCitizenData',
      origins: [numerator(`${index}.07`)],
    },
    { name: 'verificationRequests', kind: 'flow', atMost: null, origins: [denominator(`${index}.08`)] },
    {
      name: 'verificationsSuccessful',
      kind: 'flow',
      atMost: 'verificationRequests',
      origins: [numerator(`${index}.08`)],
    },
  ];
}

const PROVINCE_FIELDS: Readonly<Record<DatabaseName, readonly CountField[]>> = {
  einvoice: einvoiceFields(),
  publicServices: publicServiceFields('GOV_ACTIVITY'),
  population: populationFields('GOV_ACTIVITY', true),
};
const MINISTRY_FIELDS: Readonly<Record<DatabaseName, readonly CountField[]>> = {
  einvoice: [],
  publicServices: publicServiceFields('DX_ACTIVITY'),
  population: populationFields('DX_ACTIVITY', false),
};

/**
 * The counts of a row, a denominator always before its numerators.
 * @param codeSystem of the row's body: CENTRAL has ministries, the others provinces
 * @returns empty when the database has no rows of such bodies
 */
export function countFields(database: DatabaseName, codeSystem: string): readonly CountField[] {
  return (codeSystem === 'CENTRAL' ? MINISTRY_FIELDS : PROVINCE_FIELDS)[database];
}
