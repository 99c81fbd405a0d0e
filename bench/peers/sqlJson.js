// A limit: node:http and one prepared statement per query whose JSON text PostgreSQL itself builds. One round trip, no JavaScript per row. The path
// picks the query, /Q1 to /Q4; the bench compiles the statements, which a test takes as its oracle.
import http from 'node:http';
import pg from 'pg';
import { STATEMENTS } from '../../dist/bench/statement.js';
import { listen } from './start.js';

const pool = new pg.Pool({ connectionString: process.env.DATABASE_URL, max: 10, options: '-c search_path=peers' });

await listen(
  http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const { variables } = JSON.parse(Buffer.concat(chunks).toString());
    const { text, values } = STATEMENTS[request.url.slice(1)];
    const { rows } = await pool.query({ name: request.url, text, values: values(variables) });
    const body = Buffer.from(rows[0].answer);
    response.writeHead(200, { 'content-type': 'application/json; charset=utf-8', 'content-length': body.length });
    response.end(body);
  }),
);
