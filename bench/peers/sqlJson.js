// A limit: node:http and one prepared statement per query whose JSON text PostgreSQL itself builds. One round trip, no JavaScript per row. The path
// picks the query: /Q1 to /Q4.
import http from 'node:http';
import pg from 'pg';
import { listen } from './start.js';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10, options: '-c search_path=peers' });

const STATEMENTS = {
  '/Q1': {
    values: ({ year }) => [year],
    text: `select json_build_object('data', json_build_object('ranking', (
      select json_agg(json_build_object('rank', s.rank, 'overall', s.overall,
        'entity', json_build_object('code', e.code, 'name', e.name, 'region', e.region)))
      from (select * from score where year = $1 order by rank limit 20) s join entity e on e.id = s.entity_id)))::text answer`,
  },
  '/Q2': {
    values: ({ level, year }) => [level, year],
    text: `select json_build_object('data', json_build_object('entities', (
      select json_agg(json_build_object('code', e.code, 'name', e.name, 'pillarScores', (
        select json_agg(json_build_object('score', s.score, 'rank', s.rank, 'pillar', json_build_object('code', p.code)) order by p.id)
        from pillar_score s join pillar p on p.id = s.pillar_id where s.entity_id = e.id and s.year = $2)))
      from (select * from entity where level = $1 order by id limit 63) e)))::text answer`,
  },
  '/Q3': {
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
  '/Q4': {
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

await listen(
  http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { variables } = JSON.parse(Buffer.concat(chunks).toString());
    const { text, values } = STATEMENTS[request.url];
    const { rows } = await pool.query({ name: request.url, text, values: values(variables) });
    const body = Buffer.from(rows[0].answer);
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length });
    response.end(body);
  }),
);
