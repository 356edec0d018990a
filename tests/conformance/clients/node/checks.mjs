// What both JavaScript clients are put through shares: input, resources to send, and a report line for each check.
// Standard input holds one line of JSON: the base of the interface and a token for each of those who ask.
import assert from 'node:assert/strict';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

export const folder = process.argv[2];
export const given = JSON.parse(await new Promise((done) => createInterface({ input: process.stdin }).once('line', done)));
export const MADE = 20;
export const PAGES = 7;

export const load = (path) => import(pathToFileURL(`${folder}/node_modules/${path}`));

export const observation = (system, number = 0, person = 'ingrid-aasen') => ({
  resourceType: 'Observation',
  status: 'final',
  code: { coding: [{ system: 'http://loinc.org', code: '29463-7' }] },
  identifier: [{ system, value: 'made' }],
  subject: { reference: `Patient/${person}` },
  effectiveDateTime: `2026-11-20T12:${String(number).padStart(2, '0')}:00+01:00`,
  valueQuantity: { value: 70.5 + number, unit: 'kg' },
});

export const bundle = (type, entry) => ({ resourceType: 'Bundle', type, entry });
export const posting = (resource) => ({ resource, request: { method: 'POST', url: resource.resourceType } });
export const deleting = (resource) => ({ request: { method: 'DELETE', url: `${resource.resourceType}/${resource.id}` } });

// What somebody throws who has to.
export async function thrown(doing) {
  let result;
  try {
    result = await doing();
  } catch (error) {
    return error;
  }
  return assert.fail(`nothing was thrown, but answered: ${JSON.stringify(result)}`);
}

export async function run(checks) {
  for (const [name, check] of Object.entries(checks)) {
    const said = await check().then(() => '', (error) => String(error?.stack ?? error));
    console.log(JSON.stringify({ name, said }));
  }
}
