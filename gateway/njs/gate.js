// Who calls, and may they? `lookup` finds the record, `access` decides.
import keys from 'keys.js';
import session from 'session.js';

const UNSAFE = /^(?:POST|PUT|PATCH|DELETE)$/;
const UNSAFE_KEY_ID = /^k_[a-z0-9]{10}$/;

// Exactly one credential: X-API-Key or Authorization: Bearer; else the cookie of a page.
// Doubled headers arrive joined by a comma, so their shape is wrong.
function lookup(r) {
    const header = r.variables.http_x_api_key;
    const bearer = r.variables.http_authorization;
    if (header && bearer) {
        return '!key-malformed';
    }
    if (header) {
        return keys.find(header);
    }
    if (bearer) {
        const match = /^Bearer +(\S+)$/i.exec(bearer);
        return match ? keys.find(match[1]) : '!key-malformed';
    }
    const id = session.keyId(r);
    return id && UNSAFE_KEY_ID.test(id) ? keys.findId(id) : '!key-missing';
}

function access(r) {
    const auth = r.variables.auth;
    if (!auth) {
        return deny(r, 'gate-failed', 500);
    }
    if (auth[0] === '!') {
        return refuse(r, auth.slice(1));
    }
    const key = keys.parse(auth);
    r.variables.key_id = key.id;
    const fault = keys.fault(key);
    if (fault) {
        return refuse(r, fault);
    }
    if (!key.scopes.split(' ').includes(r.variables.need_scope)) {
        return deny(r, 'scope-missing', 403);
    }
    if (!hasKey(r) && UNSAFE.test(r.method) && !session.isSameOrigin(r)) {
        return deny(r, 'cross-site', 403);
    }
    r.variables.key_owner = key.owner;
    r.variables.key_scopes = key.scopes;
}

function hasKey(r) {
    return Boolean(r.variables.http_x_api_key || r.variables.http_authorization);
}

// A person without a key is sent to sign in; a program is told what is wrong.
function refuse(r, name) {
    const isPerson = r.variables.is_page && !hasKey(r);
    if (isPerson && !r.headersIn['HX-Request']) {
        r.variables.deny = name;
        r.return(303, session.signInUrl(r));
        return;
    }
    if (isPerson) {
        r.variables.hx_redirect = '/sign-in';
    }
    deny(r, name, 401);
}

function deny(r, name, status) {
    r.variables.deny = name;
    r.return(status);
}

export default { access, lookup };
