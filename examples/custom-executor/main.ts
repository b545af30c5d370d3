import { createApp, parseEnvironment, type QueryExecutor } from 'fairshare/api';

/** Your own upstream; here it answers in capitals, and a token is a word. */
const executor: QueryExecutor = {
  async execute({ query, model }, signal, bill) {
    signal.throwIfAborted(); // nothing was sent, so nothing is charged
    const call = bill.sent(); // from here on the query is paid, however it ends
    const text = query.toUpperCase();
    const usage = { promptTokens: query.split(' ').length, completionTokens: text.split(' ').length };
    call.used(usage); // what the upstream says that it did
    return { text, model, ...usage, simulated: false };
  },
};

const app = await createApp(parseEnvironment(process.env), { executor });
await app.listen(0, '127.0.0.1');
const url = await app.getUrl();
const headers = { 'x-tenant-id': 'tenant_test', 'content-type': 'application/json' };

const body = JSON.stringify({ query: 'hello fair world' });
const answer = await fetch(`${url}/query`, { method: 'POST', headers, body });
console.log(answer.status, ((await answer.json()) as { text: string }).text);

const status = await fetch(`${url}/quota/status`, { headers });
const { limits } = (await status.json()) as { limits: { name: string; used: number }[] };
console.log('tokens of today:', limits.find(({ name }) => name === 'tokens_daily')?.used);
await app.close();
