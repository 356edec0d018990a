// Puts packages into a cache and loads them with fhir-package-loader; nothing is fetched from anywhere.
// Standard input holds one line of JSON: `cache`, a folder; `packages` with `name`, `version` and `file`; `ask`, canonical URLs.
// Standard output: the state of each package, and for each URL what is found.
import { createReadStream } from 'node:fs';
import { createRequire } from 'node:module';
import { createInterface } from 'node:readline';

const folder = process.argv[2];
const { BasePackageLoader, DiskBasedPackageCache, createSQLJSPackageDB } = createRequire(`${folder}/`)('fhir-package-loader');
const given = JSON.parse(await new Promise((done) => createInterface({ input: process.stdin }).once('line', done)));
const refuse = () => Promise.reject(new Error('nothing is fetched here'));
const registry = { resolveVersion: async (name, version) => version, download: refuse };
const builds = { downloadCurrentBuild: refuse, getCurrentBuildDate: refuse };

const cache = new DiskBasedPackageCache(given.cache);
const told = [];
const log = (level, message) => (level === 'error' || level === 'warn') && told.push(`${level}: ${message}`);
const loader = new BasePackageLoader(await createSQLJSPackageDB(), cache, registry, builds, { log });
const states = {};
for (const { name, version, file } of given.packages) {
  await cache.cachePackageTarball(name, version, createReadStream(file));
  states[name] = await loader.loadPackage(name, version);
}
const found = Object.fromEntries(
  given.ask.map((url) => {
    const resource = loader.findResourceJSON(url);
    return [url, resource ? [resource.resourceType, resource.id, resource.version] : null];
  }),
);
const infos = loader.findResourceInfos('*').map((one) => one.url).sort();
process.stdout.write(`${JSON.stringify({ states, found, infos, told })}\n`);
