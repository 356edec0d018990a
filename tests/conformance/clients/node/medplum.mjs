// `MedplumClient` of `@medplum/core` against a started server that is not Medplum. Source: https://www.medplum.com/docs/sdk
// `extendedMode: false` asks for plain R4; `maxRetries: 0` shows every refusal at once. What speaks to Medplum's own
// services is not tried, and listed in docs/subsystems/fhir-clients.md.
import assert from 'node:assert/strict';
import { MADE, PAGES, bundle, deleting, given, load, observation, posting, run, thrown } from './checks.mjs';

const { MedplumClient, isOperationOutcome, normalizeErrorString } = await load('@medplum/core/dist/esm/index.mjs');
const SYSTEM = 'urn:saman:test:medplum';
const TYPE = 'Observation';

const asked = [];
const noting = (url, options) => {
  asked.push(new URL(url).pathname);
  return fetch(url, options);
};
const as = (who) => new MedplumClient({
  baseUrl: given.base.replace(/fhir$/, ''), fhirUrlPath: 'fhir', accessToken: given.tokens[who], fetch: noting,
  extendedMode: false, cacheTime: 0, maxRetries: 0,
});
const client = as('system');
const make = (number) => client.createResource(observation(SYSTEM, number));
const remove = (made) => client.deleteResource(TYPE, made.id);
const ifMatch = (version) => ({ headers: { 'If-Match': `W/"${version}"` } });

await run({
  async capabilities() {
    assert.equal((await client.get('fhir/metadata')).fhirVersion, '4.0.1');
  },

  async create_read_update_delete() {
    const made = await make();
    assert.equal((await client.updateResource({ ...made, status: 'amended' })).meta.versionId, '2');
    assert.equal((await client.readResource(TYPE, made.id)).status, 'amended');
    assert.equal((await client.readReference({ reference: `${TYPE}/${made.id}` })).id, made.id);
    assert.equal((await client.readVersion(TYPE, made.id, '1')).status, 'final');
    assert.equal((await client.readHistory(TYPE, made.id)).entry.length, 2);
    await remove(made);
    const gone = await thrown(() => client.readResource(TYPE, made.id));
    assert.ok(isOperationOutcome(gone.outcome));
    assert.equal(gone.outcome.issue[0].code, 'deleted');
  },

  async update_of_the_version_that_was_read() {
    const made = await make();
    const changed = await client.updateResource({ ...made, status: 'amended' }, ifMatch(1));
    assert.equal(changed.meta.versionId, '2');
    const late = await thrown(() => client.updateResource({ ...made, status: 'cancelled' }, ifMatch(1)));
    assert.equal(late.outcome.issue[0].code, 'conflict');
    await remove(made);
  },

  async search_and_page_to_the_end() {
    const entries = Array.from({ length: MADE }, (_, number) => posting(observation(SYSTEM, number)));
    const answer = await client.executeBatch(bundle('transaction', entries));
    assert.deepEqual(answer.entry.map((one) => one.response.status.slice(0, 3)), Array(MADE).fill('201'));
    const query = new URLSearchParams([
      ['identifier', `${SYSTEM}|made`], ['date', 'ge2026-11-20'], ['date', 'lt2026-11-21'], ['subject:Patient.family', 'Aasen'],
      ['_sort', 'date'], ['_count', String(PAGES)],
    ]);
    const found = [];
    const sizes = [];
    for await (const page of client.searchResourcePages(TYPE, query)) {
      found.push(...page);
      sizes.push(page.length);
    }
    assert.deepEqual(sizes, [PAGES, PAGES, MADE - 2 * PAGES]);
    assert.deepEqual(found.map((one) => one.valueQuantity.value), Array.from({ length: MADE }, (_, number) => 70.5 + number));
    const one = await client.searchOne(TYPE, `identifier=${SYSTEM}|made&_sort=-date`);
    assert.equal(one.valueQuantity.value, 70.5 + MADE - 1);
    const counted = await client.search(TYPE, { identifier: `${SYSTEM}|made`, _total: 'accurate', _count: 0 });
    assert.equal(counted.total, MADE);
    const around = await client.search(TYPE, `identifier=${SYSTEM}|made&_include=Observation:subject`);
    assert.equal(around.entry.filter((each) => each.search.mode === 'include').length, 1);
    await client.executeBatch(bundle('transaction', found.map(deleting)));
    assert.equal((await client.searchResources(TYPE, `identifier=${SYSTEM}|made`)).length, 0);
  },

  async patch() {
    const made = await make();
    const change = [{ op: 'test', path: '/status', value: 'final' }, { op: 'replace', path: '/status', value: 'amended' }];
    const patched = await client.patchResource(TYPE, made.id, change);
    assert.deepEqual([patched.status, patched.meta.versionId], ['amended', '2']);
    assert.ok(isOperationOutcome((await thrown(() => client.patchResource(TYPE, made.id, change))).outcome));
    await remove(made);
  },

  async conditional_create_and_update() {
    const query = `identifier=${SYSTEM}|made`;
    const first = await client.createResourceIfNoneExist(observation(SYSTEM), query);
    const same = await client.createResourceIfNoneExist(observation(SYSTEM, 1), query);
    assert.deepEqual([same.id, same.meta.versionId], [first.id, '1']);
    const changed = await client.upsertResource(observation(SYSTEM, 2), query);
    assert.deepEqual([changed.id, changed.meta.versionId], [first.id, '2']);
    await remove(first);
  },

  async batch_and_transaction() {
    const entries = [posting(observation(SYSTEM)), posting({ resourceType: TYPE, status: 'final' })];
    const each = await client.executeBatch(bundle('batch', entries));
    assert.deepEqual(each.entry.map((one) => one.response.status.slice(0, 3)), ['201', '422']);
    assert.equal(each.entry[1].response.outcome.issue[0].code, 'required');
    const whole = await thrown(() => client.executeBatch(bundle('transaction', entries)));
    assert.match(JSON.stringify(whole.outcome), /entry\[1\]/);
    const found = await client.searchResources(TYPE, `identifier=${SYSTEM}|made`);
    assert.equal(found.length, 1);
    await remove(found[0]);
  },

  async several_reads_go_as_one_batch() {
    const gathering = new MedplumClient({
      baseUrl: given.base.replace(/fhir$/, ''), fhirUrlPath: 'fhir', accessToken: given.tokens.system, fetch: noting,
      extendedMode: false, cacheTime: 0, maxRetries: 0, autoBatchTime: 10,
    });
    asked.length = 0;
    const people = await Promise.all(['ingrid-aasen', 'olav-tveit'].map((id) => gathering.readResource('Patient', id)));
    assert.deepEqual(people.map((one) => one.id), ['ingrid-aasen', 'olav-tveit']);
    assert.equal(asked.length, 1);
  },

  async operations() {
    const everything = await client.readPatientEverything('ingrid-aasen');
    assert.ok(everything.entry.some((one) => one.resource.id === 'ingrid-aasen'));
    const expanded = await client.valueSetExpand({ url: 'http://hl7.org/fhir/ValueSet/administrative-gender', filter: 'female' });
    assert.deepEqual(expanded.expansion.contains.map((one) => one.code), ['female']);
  },

  async errors_are_outcomes() {
    const invalid = await thrown(() => client.createResource({ resourceType: TYPE, status: 'final' }));
    assert.deepEqual(invalid.outcome.issue[0].expression, ['Observation.code']);
    assert.notEqual(normalizeErrorString(invalid), '');
    const absent = await thrown(() => client.readResource('Patient', 'nobody-of-that-name'));
    assert.ok(isOperationOutcome(absent.outcome));
    await thrown(() => as('nobody').readResource('Patient', 'ingrid-aasen'));
  },

  async a_citizen_sees_herself_alone() {
    const ingrid = as('ingrid-aasen');
    assert.deepEqual((await ingrid.searchResources('Patient')).map((one) => one.id), ['ingrid-aasen']);
    assert.ok(isOperationOutcome((await thrown(() => ingrid.readResource('Patient', 'olav-tveit'))).outcome));
  },
});
