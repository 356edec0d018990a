// `fhir-kit-client` against a started server. Source: https://github.com/Vermonster/fhir-kit-client
import assert from 'node:assert/strict';
import { MADE, PAGES, bundle, deleting, given, load, observation, posting, run, thrown } from './checks.mjs';

const { Client } = await load('fhir-kit-client/dist/index.js');
const SYSTEM = 'urn:saman:test:fhir-kit-client';
const resourceType = 'Observation';

const as = (who) => new Client({ baseUrl: given.base, bearerToken: given.tokens[who] });
const client = as('system');
const make = (number) => client.create({ resourceType, body: observation(SYSTEM, number) });
const remove = (made) => client.delete({ resourceType, id: made.id });
const ifMatch = (version) => ({ headers: { 'If-Match': `W/"${version}"` } });

await run({
  async capabilities() {
    const statement = await client.capabilityStatement();
    assert.equal(statement.fhirVersion, '4.0.1');
    const smart = await client.smartAuthMetadata();
    assert.match(String(smart.tokenUrl), /\/auth\//);
  },

  async create_read_update_delete() {
    const made = await make();
    const changed = await client.update({ resourceType, id: made.id, body: { ...made, status: 'amended' } });
    assert.equal(changed.meta.versionId, '2');
    assert.equal((await client.read({ resourceType, id: made.id })).status, 'amended');
    assert.equal((await client.vread({ resourceType, id: made.id, version: '1' })).status, 'final');
    assert.equal((await client.history({ resourceType, id: made.id })).entry.length, 2);
    await remove(made);
    const gone = await thrown(() => client.read({ resourceType, id: made.id }));
    assert.equal(gone.response.status, 410);
    assert.equal(gone.response.data.issue[0].code, 'deleted');
  },

  async update_of_the_version_that_was_read() {
    const made = await make();
    await client.update({ resourceType, id: made.id, body: made, options: ifMatch(1) });
    const late = await thrown(() => client.update({ resourceType, id: made.id, body: made, options: ifMatch(1) }));
    assert.equal(late.response.status, 412);
    assert.equal(late.response.data.issue[0].code, 'conflict');
    await remove(made);
  },

  async search_and_page_to_the_end() {
    const entries = Array.from({ length: MADE }, (_, number) => posting(observation(SYSTEM, number)));
    const answer = await client.transaction({ body: bundle('transaction', entries) });
    assert.deepEqual(answer.entry.map((one) => one.response.status.slice(0, 3)), Array(MADE).fill('201'));
    const searchParams = {
      identifier: `${SYSTEM}|made`, date: ['ge2026-11-20', 'lt2026-11-21'], 'patient.family': 'Aasen', _sort: 'date', _count: PAGES,
    };
    const found = [];
    for (let page = await client.search({ resourceType, searchParams }); page; page = await client.nextPage({ bundle: page })) {
      found.push(...page.entry.map((one) => one.resource));
    }
    assert.deepEqual(found.map((one) => one.valueQuantity.value), Array.from({ length: MADE }, (_, number) => 70.5 + number));
    const options = { postSearch: true };
    let posted = await client.search({ resourceType, searchParams, options });
    let count = 0;
    for (; posted; posted = await client.nextPage({ bundle: posted })) count += posted.entry.length;
    assert.equal(count, MADE);
    const compartment = { resourceType: 'Patient', id: 'ingrid-aasen' };
    const inside = await client.search({ resourceType, compartment, searchParams: { identifier: `${SYSTEM}|made`, _total: 'accurate' } });
    assert.equal(inside.total, MADE);
    const with_ = await client.search({ resourceType, searchParams: { ...searchParams, _include: 'Observation:subject' } });
    assert.equal(with_.entry.filter((one) => one.search.mode === 'include').length, 1);
    await client.transaction({ body: bundle('transaction', found.map(deleting)) });
    assert.equal((await client.search({ resourceType, searchParams })).entry, undefined);
  },

  async search_of_several_types() {
    const found = await client.systemSearch({ searchParams: { _type: 'Patient,Practitioner', _count: 1 } });
    assert.equal(found.type, 'searchset');
    assert.ok(client.nextPage({ bundle: found }));
  },

  async patch() {
    const made = await make();
    const jsonPatch = [{ op: 'test', path: '/status', value: 'final' }, { op: 'replace', path: '/status', value: 'amended' }];
    const patched = await client.patch({ resourceType, id: made.id, jsonPatch });
    assert.deepEqual([patched.status, patched.meta.versionId], ['amended', '2']);
    const refused = await thrown(() => client.patch({ resourceType, id: made.id, jsonPatch }));
    assert.equal(refused.response.data.resourceType, 'OperationOutcome');
    await remove(made);
  },

  async conditional_update() {
    const searchParams = { identifier: `${SYSTEM}|made` };
    const first = await client.update({ resourceType, searchParams, body: observation(SYSTEM) });
    const again = await client.update({ resourceType, searchParams, body: observation(SYSTEM, 1) });
    assert.deepEqual([again.id, again.meta.versionId], [first.id, '2']);
    await remove(first);
  },

  async batch_and_transaction() {
    const entries = [posting(observation(SYSTEM)), posting({ resourceType: 'Observation', status: 'final' })];
    const each = await client.batch({ body: bundle('batch', entries) });
    assert.deepEqual(each.entry.map((one) => one.response.status.slice(0, 3)), ['201', '422']);
    const whole = await thrown(() => client.transaction({ body: bundle('transaction', entries) }));
    assert.match(JSON.stringify(whole.response.data), /entry\[1\]/);
    const { total } = await client.search({ resourceType, searchParams: { identifier: `${SYSTEM}|made`, _total: 'accurate' } });
    assert.equal(total, 1);
    await client.request(`${resourceType}?identifier=${SYSTEM}|made`, { method: 'DELETE' });
  },

  async operations() {
    const everything = await client.operation({ name: 'everything', resourceType: 'Patient', id: 'ingrid-aasen', method: 'GET' });
    assert.ok(everything.entry.some((one) => one.resource.id === 'ingrid-aasen'));
    const input = { url: 'http://hl7.org/fhir/ValueSet/administrative-gender' };
    const expanded = await client.operation({ name: '$expand', resourceType: 'ValueSet', method: 'GET', input });
    assert.equal(expanded.expansion.contains.length, 4);
  },

  async errors_hold_outcomes() {
    const invalid = await thrown(() => client.create({ resourceType, body: { resourceType, status: 'final' } }));
    assert.deepEqual([invalid.response.status, invalid.response.data.issue[0].expression], [422, ['Observation.code']]);
    const nobody = await thrown(() => as('nobody').read({ resourceType: 'Patient', id: 'ingrid-aasen' }));
    assert.deepEqual([nobody.response.status, nobody.response.data.issue[0].code], [401, 'login']);
  },

  async a_citizen_sees_herself_alone() {
    const ingrid = as('ingrid-aasen');
    const found = await ingrid.search({ resourceType: 'Patient', searchParams: {} });
    assert.deepEqual(found.entry.map((one) => one.resource.id), ['ingrid-aasen']);
    const other = await thrown(() => ingrid.read({ resourceType: 'Patient', id: 'olav-tveit' }));
    assert.equal(other.response.status, 404);
  },
});
