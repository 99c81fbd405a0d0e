import type { Entity } from './entity.js';

/**
 * What people call entities besides their names: abbreviations, spellings of before, and Sài Gòn, the official name of the city until 1976. For finding
 * them; none is official. Only what means no other entity of the level belongs here.
 */
const OTHER_NAMES_OF_PROVINCES: ReadonlyMap<string, readonly string[]> = new Map([
  ['Thành phố Hồ Chí Minh', ['Hồ Chí Minh', 'Sài Gòn', 'TP HCM', 'HCMC']],
  ['Bà Rịa - Vũng Tàu', ['BRVT']],
  ['Thừa Thiên Huế', ['TT Huế']],
  ['Đắk Lắk', ['Đắc Lắc']],
  ['Đắk Nông', ['Đắc Nông']],
]);

/** Of central bodies by code, as the press and documents shorten them; those of a ministry are also found without the word for its kind. */
const OTHER_NAMES_OF_MINISTRIES: ReadonlyMap<string, readonly string[]> = new Map([
  ['MOD', ['Bộ QP', 'BQP']],
  ['MPS', ['Bộ CA', 'BCA']],
  ['MOFA', ['Bộ NG', 'BNG']],
  ['MOHA', ['Bộ NV', 'BNV']],
  ['MOJ', ['Bộ TP', 'BTP']],
  ['MPI', ['Bộ KH&ĐT', 'Bộ KHĐT', 'BKHĐT']],
  ['MOF', ['Bộ TC', 'BTC']],
  ['MOIT', ['Bộ CT', 'BCT']],
  ['MARD', ['Bộ NN&PTNT', 'Bộ NNPTNT', 'BNNPTNT']],
  ['MOT', ['Bộ GTVT', 'BGTVT']],
  ['MOC', ['Bộ XD', 'BXD']],
  ['MONRE', ['Bộ TN&MT', 'Bộ TNMT', 'BTNMT']],
  ['MIC', ['Bộ TT&TT', 'Bộ TTTT', 'BTTTT']],
  ['MOLISA', ['Bộ LĐ-TB&XH', 'Bộ LĐTB&XH', 'Bộ LĐTBXH', 'BLĐTBXH']],
  ['MCST', ['Bộ VH-TT&DL', 'Bộ VHTT&DL', 'Bộ VHTTDL', 'BVHTTDL']],
  ['MOST', ['Bộ KH&CN', 'Bộ KHCN', 'BKHCN']],
  ['MOET', ['Bộ GD&ĐT', 'Bộ GDĐT', 'BGDĐT']],
  ['MOH', ['Bộ YT', 'BYT']],
  ['CEMA', ['UBDT']],
  ['SBV', ['NHNN', 'NHNN Việt Nam', 'NHNNVN']],
  ['GI', ['TTCP', 'Thanh tra CP']],
  ['OOG', ['VPCP', 'Văn phòng CP']],
  ['VSS', ['BHXH', 'BHXH Việt Nam', 'BHXHVN']],
  ['VAST', ['Viện HLKHCN', 'Viện HLKH&CN', 'Viện Hàn lâm KHCN', 'Viện Hàn lâm KH&CN']],
  ['VASS', ['Viện HLKHXH', 'Viện Hàn lâm KHXH']],
  ['VTV', ['Đài THVN', 'THVN']],
  ['VOV', ['Đài TNVN', 'TNVN']],
  ['VNA', ['TTXVN']],
  ['CMSC', ['UBQLVNN', 'Ủy ban QLVNN', 'Siêu ủy ban']],
  ['HCMM', ['BQL Lăng', 'Ban Quản lý Lăng Bác']],
  ['MAE', ['Bộ NN&MT', 'Bộ NNMT', 'BNNMT']],
  ['MEMR', ['Bộ DT&TG', 'Bộ DTTG', 'BDTTG']],
]);

const NONE: readonly string[] = [];

/** Common names of an entity that are not its own; mostly none. */
export function otherNamesOf({ level, code, name }: Pick<Entity, 'level' | 'code' | 'name'>): readonly string[] {
  if (level === 'PROVINCE') return OTHER_NAMES_OF_PROVINCES.get(name.vi) ?? NONE;
  return level === 'MINISTRY' ? (OTHER_NAMES_OF_MINISTRIES.get(code) ?? NONE) : NONE;
}
