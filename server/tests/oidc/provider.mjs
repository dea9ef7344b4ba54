// A real OpenID Connect provider for the tests: node provider.mjs PORT REDIRECT_URI [id-token|userinfo]
//
// Any of USERS signs in with the password "secret". The last argument is where claims of scopes stand: in the id
// token too, or in userinfo alone. PUT /test/groups/NAME replaces a user's groups. Prints "ready" when it listens.
import { Provider } from 'oidc-provider';

const [port, redirect, place = 'id-token'] = process.argv.slice(2);
const issuer = `http://127.0.0.1:${port}`;
const USERS = {
  erin: { email: 'erin@example.com', email_verified: true, name: 'Erin', groups: ['ml-engineers'] },
  otto: { email: 'otto@example.com', email_verified: true, name: 'Otto', groups: ['ops', 'everyone'] },
  vera: { email: 'vera@example.com', email_verified: false, name: 'Vera', groups: [] },
  // Has the name of somebody who signs in with a password.
  ada: { email: 'ada@example.com', email_verified: true, name: 'Ada', groups: ['everyone'] },
};

const provider = new Provider(issuer, {
  clients: [{
    client_id: 'countersign', client_secret: 'countersign-secret',
    redirect_uris: [redirect],
    grant_types: ['authorization_code'], response_types: ['code'],
    token_endpoint_auth_method: 'client_secret_basic',
  }],
  pkce: { required: () => true },
  claims: { openid: ['sub'], email: ['email', 'email_verified'], profile: ['name', 'preferred_username'], groups: ['groups'] },
  scopes: ['openid', 'email', 'profile', 'groups'],
  conformIdTokenClaims: place === 'userinfo',
  features: { devInteractions: { enabled: false } },
  interactions: { url: (_, interaction) => `/interaction/${interaction.uid}` },
  cookies: { keys: ['test-only'] },
  ttl: { Interaction: 600, Session: 3600, Grant: 3600, AccessToken: 3600, IdToken: 3600 },
  findAccount: (_, sub) => USERS[sub] && {
    accountId: sub,
    claims: () => ({ sub, preferred_username: sub, ...USERS[sub] }),
  },
  async loadExistingGrant(ctx) { // No page for consent: what is asked for is granted.
    const { client, session } = ctx.oidc;
    const grant = new ctx.oidc.provider.Grant({ clientId: client.clientId, accountId: session.accountId });
    grant.addOIDCScope('openid email profile groups');
    await grant.save();
    return grant;
  },
});

async function bodyOf(request) {
  let body = '';
  for await (const chunk of request) body += chunk;
  return body;
}

provider.use(async (ctx, next) => {
  const user = ctx.path.match(/^\/test\/groups\/(\w+)$/);
  if (user && ctx.method === 'PUT') {
    USERS[user[1]].groups = JSON.parse(await bodyOf(ctx.req));
    ctx.status = 204;
    return;
  }
  // The page to sign in.
  if (!/^\/interaction\/[\w-]+$/.test(ctx.path)) {
    await next();
    return;
  }
  if (ctx.method === 'GET') {
    ctx.type = 'html';
    ctx.body = '<!doctype html><title>Provider</title><form method="post">'
      + '<label>User <input name="login"></label><label>Password <input name="password" type="password"></label>'
      + '<button>Sign in</button></form>';
    return;
  }
  const form = new URLSearchParams(await bodyOf(ctx.req));
  const isRight = USERS[form.get('login')] && form.get('password') === 'secret';
  const outcome = isRight
    ? { login: { accountId: form.get('login') } }
    : { error: 'access_denied', error_description: 'wrong <b>password</b><script>alert(1)</script>' };
  await provider.interactionFinished(ctx.req, ctx.res, outcome, { mergeWithLastSubmission: false });
  ctx.respond = false;
});

provider.listen(Number(port), '127.0.0.1', () => console.log('ready', issuer));
