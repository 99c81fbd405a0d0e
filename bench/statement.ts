import type { Question } from './queries.js';

/** A statement whose only column, `answer`, is the JSON text of an answer in the shape of the hand-written peers. */
export interface JsonStatement {
  readonly text: string;
  /** Its parameters, from the variables of a request. */
  values(variables: Readonly<Record<string, unknown>>): unknown[];
}

/** One statement per question, over the schema `peers`, written independently of the platform: a limit in the table, and the oracle of its test. */
export const STATEMENTS: Readonly<Record<Question, JsonStatement>> = {
  Q1: {
    values: ({ year }) => [year],
    text: `select json_build_object('data', json_build_object('ranking', (
      select json_agg(json_build_object('rank', s.rank, 'overall', s.overall,
        'entity', json_build_object('code', e.code, 'name', e.name, 'region', e.region)))
      from (select * from score where year = $1 order by rank limit 20) s join entity e on e.id = s.entity_id)))::text answer`,
  },
  Q2: {
    values: ({ level, year }) => [level, year],
    text: `select json_build_object('data', json_build_object('entities', (
      select json_agg(json_build_object('code', e.code, 'name', e.name, 'pillarScores', (
        select json_agg(json_build_object('score', s.score, 'rank', s.rank, 'pillar', json_build_object('code', p.code)) order by p.id)
        from pillar_score s join pillar p on p.id = s.pillar_id where s.entity_id = e.id and s.year = $2)))
      from (select * from entity where level = $1 order by id limit 63) e)))::text answer`,
  },
  Q3: {
    values: ({ code }) => [code],
    text: `select json_build_object('data', json_build_object('entity', json_build_object(
      'code', e.code, 'name', e.name, 'region', e.region, 'pillars', (
        select json_agg(json_build_object('code', p.code, 'name', p.name, 'indicators', (
          select json_agg(json_build_object('code', i.code, 'name', i.name, 'weight', i.weight, 'values', v.list) order by i.id)
          from indicator i left join lateral (
            select json_agg(json_build_object('year', year, 'raw', raw, 'normalized', normalized, 'source', source) order by year) list
            from indicator_value v where v.entity_id = e.id and v.indicator_id = i.id) v on true
          where i.pillar_id = p.id)) order by p.id) from pillar p))))::text answer
      from entity e where e.code = $1`,
  },
  Q4: {
    values: ({ year, region, min, name }) => [year, region, min, `%${name}%`],
    text: `with found as (
        select s.rank, s.overall, e.code, e.name from score s join entity e on e.id = s.entity_id
        where s.year = $1 and e.region = $2 and s.overall >= $3 and e.name like $4)
      select json_build_object('data', json_build_object('search', json_build_object(
        'total', (select count(*) from found), 'average', (select avg(overall) from found),
        'nodes', (select coalesce(json_agg(json_build_object('rank', rank, 'overall', overall,
          'entity', json_build_object('code', code, 'name', name))), '[]')
          from (select * from found order by rank limit 20) t))))::text answer`,
  },
};
