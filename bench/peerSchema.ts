/**
 * The tables of the peers, in a schema of their own beside ours, before they are filled. Ids and codes are those of our tables. (A schema named like the
 * role would be looked through before ours.)
 */
export const PEER_TABLES: readonly string[] = [
  'drop schema if exists peers cascade',
  'create schema peers',
  `create table peers.entity (id int primary key, code text not null unique, name text not null, level text not null, region text not null)`,
  'create table peers.pillar (id int primary key, code text not null unique, name text not null, max_points float8 not null)',
  `create table peers.indicator (id int primary key, pillar_id int not null references peers.pillar, code text not null unique, name text not null,
    weight float8 not null, max_points float8 not null, direction int not null default 1)`,
  `create table peers.score (entity_id int not null references peers.entity, year int not null, overall float8 not null, rank int not null)`,
  `create table peers.pillar_score (entity_id int not null references peers.entity, pillar_id int not null references peers.pillar, year int not null,
    score float8 not null, rank int not null)`,
  `create table peers.indicator_value (entity_id int not null, indicator_id int not null, year int not null, raw float8, normalized float8, source text)`,
  `insert into peers.entity select e.id, e.code, e.name_vi, lower(e.level), coalesce(r.code, 'central')
    from public.entity e left join public.region r on r.id = e.region_id where e.code_system = 'BENCH'`,
  `insert into peers.pillar select m.id, m.code, m.name_vi, m.max_points from public.measure m join public.framework f on f.id = m.framework_id
    where f.code = 'BENCH-98' and m.kind = 'MAIN_INDEX'`,
  `insert into peers.indicator select m.id, p.id, m.code, m.name_vi, m.max_points, m.max_points, 1 from public.measure m
    join public.measure_edge e on e.child_id = m.id join peers.pillar p on p.id = e.parent_id where m.kind = 'INDICATOR'`,
];

/** Their keys and indexes, made when the tables are full, and the two functions that are PostGraphile's idiom for a search with totals. */
export const PEER_INDEXES: readonly string[] = [
  'alter table peers.score add primary key (entity_id, year)',
  'create index on peers.score (year, rank)',
  'alter table peers.pillar_score add primary key (entity_id, pillar_id, year)',
  'create index on peers.pillar_score (year, pillar_id, rank)',
  'create index on peers.entity (level, id)',
  'create index on peers.entity (region)',
  'create index on peers.indicator (pillar_id)',
  'alter table peers.indicator_value add primary key (entity_id, indicator_id, year)',
  'alter table peers.indicator_value add foreign key (entity_id) references peers.entity, add foreign key (indicator_id) references peers.indicator',
  'create index on peers.indicator_value (indicator_id, year)',
  `create function peers.search_scores(y int, reg text, min_overall float8, q text) returns setof peers.score language sql stable as $$
    select s.* from peers.score s join peers.entity e on e.id = s.entity_id
    where s.year = y and e.region = reg and s.overall >= min_overall and e.name like '%' || q || '%' order by s.rank $$`,
  'create type peers.search_stats_result as (total int, average float8)',
  `create function peers.search_stats(y int, reg text, min_overall float8, q text) returns peers.search_stats_result language sql stable as $$
    select count(*)::int, avg(s.overall) from peers.score s join peers.entity e on e.id = s.entity_id
    where s.year = y and e.region = reg and s.overall >= min_overall and e.name like '%' || q || '%' $$`,
];
