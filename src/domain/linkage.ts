import type { Name } from './entity.js';

/** How far one body's part of a database is matched to the population database, as a source states it. */
export interface StatedLinkage {
  /** Index of the row in its page, from 0. */
  readonly row: number;
  /** Key of the linked database: `health_insurance`. */
  readonly database: string;
  /** Code of the central body that answers for the database: `MOF`. */
  readonly owner: string;
  readonly codeSystem: string;
  readonly entityCode: string;
  /** The time that it refers to; see period.ts. */
  readonly period: string;
  readonly obsStatus: 'A' | 'P';
  /** Whole number, decimal digits. */
  readonly recordsTotal: string;
  /** Whole number, decimal digits; at most {@link recordsTotal}. */
  readonly recordsMatched: string;
  /** ISO date; null = not connected, then nothing is matched. */
  readonly connectedOn: string | null;
  /** ISO time; null = not said. */
  readonly publishedAt: string | null;
}

/** A linkage as the platform keeps it. Append-only, as observations are: a correction is a later one of the same source, database, entity and period. */
export interface Linkage extends Omit<StatedLinkage, 'row' | 'codeSystem' | 'entityCode'> {
  readonly id: number;
  readonly sourceId: number;
  readonly entityId: number;
  readonly syncRunId: number;
  /** Number of the page within the run, from 0. */
  readonly page: number;
  /** Number of the row within the page, from 0. */
  readonly row: number;
  readonly retrievedAt: Date;
  /** The revision at which the platform learnt it. */
  readonly revision: number;
}

/** A database that is to be linked with the population database, and by when. */
export interface LinkedDatabase {
  readonly key: string;
  readonly name: Name;
  /** ISO date. */
  readonly dueOn: string;
}

/** Where the due dates come from: the decision is known, its dates per database were not read, so that they are illustrative. */
export const DUE_BASIS: Name = {
  vi: 'Quyết định 06/QĐ-TTg ngày 06/01/2022 (Đề án 06)',
  en: 'Decision 06/QĐ-TTg of 2022-01-06 (Project 06)',
};

/** The databases of the linkage report. All due dates are illustrative; see {@link DUE_BASIS}. */
export const LINKED_DATABASES: readonly LinkedDatabase[] = [
  {
    key: 'business_registration',
    name: { vi: 'Đăng ký doanh nghiệp', en: 'Business registration' },
    dueOn: '2022-12-31',
  },
  { key: 'civil_servants', name: { vi: 'Cán bộ, công chức, viên chức', en: 'Officials' }, dueOn: '2023-12-31' },
  { key: 'driver_licence', name: { vi: 'Giấy phép lái xe', en: 'Driver licences' }, dueOn: '2023-06-30' },
  { key: 'education', name: { vi: 'Giáo dục và đào tạo', en: 'Education' }, dueOn: '2023-06-30' },
  { key: 'health_insurance', name: { vi: 'Bảo hiểm y tế', en: 'Health insurance' }, dueOn: '2022-12-31' },
  { key: 'land', name: { vi: 'Đất đai', en: 'Land' }, dueOn: '2025-12-31' },
  { key: 'social_security', name: { vi: 'Bảo hiểm xã hội', en: 'Social security' }, dueOn: '2022-12-31' },
  { key: 'tax', name: { vi: 'Thuế', en: 'Tax' }, dueOn: '2023-12-31' },
];
