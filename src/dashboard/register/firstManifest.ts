/** What a new source begins with: the smallest manifest that is complete, with the places to change marked. */
export const FIRST_MANIFEST = `# One JSON answer with a row per province. Change what is marked <…>; docs/connecting.md explains every part.
key: my_source                      # <lower case, never changes>
version: 1                          # raise it with every change
name: { vi: Nguồn của tôi, en: My source }
owner: <who answers for the data>
kind: NATIONAL_DATABASE
citation: <how to cite it>
licence: <terms of use>
schedule: '15 6 * * *'              # daily at 06:15, in the time of Vietnam
freshnessLimitSeconds: 172800       # stale after two days
streams:
  - name: rows
    request:
      path: /rows                   # below the base address
    pagination: { type: none }
    format: { type: json, records: items }
    mapping:
      framework: PDTI-922
      entity: { by: code, codeSystem: GSO-2025, field: area, pad: 2 }
      period: { field: month, format: yearMonth }
      figures:
        - indicator: INFRASTRUCTURE.02
          numerator: { field: households.fibre }
          denominator: { field: households.all }
`;
