import { describe, expect, it } from 'vitest';
import { findPersonal, fitsHint, maskPersonal, readFieldHint } from '../../src/source/personal.js';

const kindsIn = (text: string) => findPersonal(text).map(({ kind }) => kind);

describe('personal data in a text', () => {
  it.each([
    ['personal_number', '001099012345'],
    ['personal_number', 'CCCD: 079190012345.'],
    ['personal_number', 'số 096302012345, cấp tại Cà Mau'],
    ['personal_number', '001 099 012 345'],
    ['personal_number', '001.099.012.345'],
    ['personal_number', '0010-9901-2345'],
    ['personal_number', '001 099 012345'],
    ['personal_number', 'id=001099012345;'],
    ['personal_number', 'a,001099012345,b'],
    ['phone', '0912345678'],
    ['phone', '0912 345 678'],
    ['phone', '0912.345.678'],
    ['phone', '+84912345678'],
    ['phone', '+84 (0)912 345 678'],
    ['phone', '0084912345678'],
    ['phone', '+842438251234'],
    ['phone', 'SĐT:0387654321,'],
    ['phone', 'x,0912345678'],
    ['email', 'nguyen.van-a+1@mail.hanoi.gov.vn'],
    ['email', '<a@b.vn>'],
    ['email', 'Liên hệ: AN@EXAMPLE.COM.'],
  ])('%s is found in %j', (kind, text) => {
    expect(kindsIn(text)).toEqual([kind]);
  });

  it.each([
    '123456789012',
    '202403181530',
    '20240318T153000',
    '2024-03-18T15:30:00.123456789012Z',
    '999099012345',
    '000099012345',
    '001000000123',
    '001999012345',
    '0010990123456',
    '1001099012345',
    'x001099012345',
    '001099012345abc',
    '1.001099012345',
    '3f2504e0-4f89-11d3-9a0c-001099012345',
    'a1b2c3001099012345d4e5',
    '0.912345678',
    '10912345678',
    '0212345678',
    '0101234567',
    '0301234567-001',
    '0312345678',
    '091234567',
    '09123456789',
    '1,912,345,678',
    '912345678',
    '84912345678',
    '1900 1234',
    '3.1415926535897932',
    '12 345 678 901',
    'GSO-2025:79',
    '@odata.nextLink',
    'a@b',
    'user@localhost',
    'Trường @ và #',
    '',
  ])('is not found in %j', (text) => {
    expect(kindsIn(text)).toEqual([]);
  });

  it('is found wherever it stands in a long text, and quickly', () => {
    const long = '0'.repeat(500_000) + '@'.repeat(500_000) + ' 0 1 2 3 4 5 6'.repeat(50_000) + 'a.'.repeat(250_000);
    const startedAt = performance.now();
    expect(kindsIn(long)).toEqual([]);
    expect(kindsIn(`${'1 234 567 '.repeat(100_000)}; 001099012345`)).toEqual(['personal_number']);
    // Whatever looks back from each character takes many minutes.
    expect(performance.now() - startedAt).toBeLessThan(30_000);
  });

  it('is hidden in what people read', () => {
    const masked = maskPersonal('Nguyễn 001099012345 (0912345678, a@b.vn) không tồn tại');
    expect(masked).toBe('Nguyễn [personal_number] ([phone], [email]) không tồn tại');
  });
});

describe('the name of a field', () => {
  it.each([
    ['personal_number', ['cccd', 'soCCCD', 'Số CCCD', 'so_dinh_danh', 'SO_CMND', 'nationalId', 'citizen_id', 'cmnd']],
    ['phone', ['SĐT', 'soDienThoai', 'phone', 'phoneNumber', 'contact_phone', 'Điện thoại', 'mobile_no']],
    ['tax_code', ['mst', 'maSoThue', 'tax_code', 'Mã số thuế']],
    [null, ['cccdIssued', 'phones_sold', 'mobile', 'value', 'id', 'code', 'population', 'so_cccd_da_cap', 'telecom']],
  ])('says %s', (hint, names) => {
    expect(names.map(readFieldHint)).toEqual(names.map(() => hint));
  });

  it.each([
    [true, 'personal_number', 1_099_012_345],
    [true, 'personal_number', 79_190_012_345],
    [true, 'personal_number', 123_456_789],
    [true, 'personal_number', '123456789'],
    [true, 'personal_number', '136190012345'],
    [false, 'personal_number', 8_700_000],
    [false, 'personal_number', 99_999_999_999],
    [true, 'phone', 912_345_678],
    [true, 'phone', 84_912_345_678],
    [true, 'phone', '024 3825 1234'],
    [false, 'phone', 412_345_678],
    [false, 'phone', 1200],
    [false, 'tax_code', '0912345678'],
    [false, null, 912_345_678],
  ] as const)('makes it %s that a %s is %j', (fits, hint, value) => {
    expect(fitsHint(hint, value)).toBe(fits);
  });
});
