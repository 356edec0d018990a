// Two issuers of the provider `oidc-provider`, each on a free port of this machine, for tests of signing in.
// Standard input holds one line of JSON: the client's public keys, its secret, where answers go, and who can sign in.
// Whoever is named in `?account=` of the interaction signs in, at the level in `?acr=`, as a person would with a code.
import { createInterface } from 'node:readline';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

const require = createRequire(`${process.argv[2]}/package.json`);
const { default: Provider } = await import(pathToFileURL(require.resolve('oidc-provider')));
const given = JSON.parse(await new Promise((done) => createInterface({ input: process.stdin }).once('line', done)));
const LEVELS = ['idporten-loa-substantial', 'idporten-loa-high', 'idporten-loa-low'];

async function issuer(way) {
  const server = createServer();
  await new Promise((done) => server.listen(0, '127.0.0.1', done));
  const address = `http://127.0.0.1:${server.address().port}`;
  const provider = new Provider(address, {
    clients: [
      {
        client_id: 'saman', redirect_uris: [`${given.base}/auth/eid/${way}/back`], post_logout_redirect_uris: [`${given.base}/`],
        token_endpoint_auth_method: 'private_key_jwt', jwks: given.jwks, token_endpoint_auth_signing_alg: 'ES256',
      },
      {
        client_id: 'saman-secret', redirect_uris: [`${given.base}/auth/eid/${way}/back`],
        token_endpoint_auth_method: 'client_secret_basic', client_secret: given.secret,
      },
    ],
    acrValues: LEVELS,
    claims: { openid: ['sub', 'pid'], profile: ['name', 'given_name', 'family_name'] },
    clientAuthMethods: ['private_key_jwt', 'client_secret_basic'],
    conformIdTokenClaims: false,
    cookies: { keys: ['for tests only'] },
    features: { devInteractions: { enabled: false }, pushedAuthorizationRequests: { enabled: true }, rpInitiatedLogout: { enabled: true } },
    findAccount: (_, id) => given.accounts[id] && { accountId: id, claims: () => ({ sub: id, ...given.accounts[id] }) },
    interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
    async loadExistingGrant(ctx) {
      const grant = new ctx.oidc.provider.Grant({ clientId: ctx.oidc.client.clientId, accountId: ctx.oidc.session.accountId });
      grant.addOIDCScope('openid profile');
      await grant.save();
      return grant;
    },
    pkce: { required: () => true },
    ttl: { Session: 600, Interaction: 600, Grant: 600, IdToken: 600, AccessToken: 600 },
  });
  const answer = provider.callback();
  server.on('request', async (request, response) => {
    const url = new URL(request.url, address);
    if (!url.pathname.startsWith('/interaction/')) return answer(request, response);
    const account = url.searchParams.get('account');
    if (!account) return response.writeHead(200, { 'content-type': 'text/html' }).end('<!doctype html><title>Sign in</title>');
    const result = account === 'nobody' ? { error: 'access_denied' } : { login: { accountId: account, acr: url.searchParams.get('acr') ?? undefined } };
    try {
      await provider.interactionFinished(request, response, result, { mergeWithLastSubmission: false });
    } catch (error) {
      response.writeHead(400).end(String(error));
    }
  });
  return address;
}

const addresses = await Promise.all(given.ways.map(issuer));
process.stdout.write(`${JSON.stringify(addresses)}\n`);
