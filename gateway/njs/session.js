// People with browsers: a form takes the key, a signed cookie stands for it afterwards.
// The cookie holds the key's public id only, so a revocation acts on it at once.
import crypto from 'crypto';
import fs from 'fs';
import keys from 'keys.js';
import html from 'html.js';

const COOKIE = 'retention_session';
const SECONDS = 8 * 3600;
const SECRET_FILE = '/run/gateway/session.secret';
const NEXT = /^\/(?:[A-Za-z0-9_~:-][A-Za-z0-9._~:-]*(?:\/[A-Za-z0-9_~:-][A-Za-z0-9._~:-]*)*)?$/;

function sign(text) {
    const secret = fs.readFileSync(SECRET_FILE);
    return crypto.createHmac('sha256', secret).update(text).digest('hex');
}

function isEqual(one, other) {
    let difference = one.length ^ other.length;
    for (let i = 0; i < one.length && i < other.length; i++) {
        difference |= one.charCodeAt(i) ^ other.charCodeAt(i);
    }
    return difference === 0;
}

// The id of the key that this browser signed in with, or ''.
function keyId(r) {
    const cookie = r.variables['cookie_' + COOKIE];
    const part = cookie ? cookie.split('.') : [];
    if (part.length !== 4 || !isEqual(part[3], sign(part.slice(0, 3).join('.')))) {
        return '';
    }
    return Date.now() / 1000 < Number(part[2]) ? part[1] : '';
}

// Browsers say where a form was sent from; a silent client is refused.
function isSameOrigin(r) {
    const site = r.headersIn['Sec-Fetch-Site'];
    if (site) {
        return site === 'same-origin';
    }
    return r.headersIn.Origin === `${r.variables.scheme}://${r.variables.http_host}`;
}

function signInUrl(r) {
    return '/sign-in?next=' + r.variables.log_path;
}

function safeNext(next) {
    return next && NEXT.test(next) ? next : '/score';
}

function signIn(r) {
    if (r.method !== 'POST') {
        return html.send(r, 200, 'Sign in', html.signInForm(safeNext(r.args.next)));
    }
    if (!isSameOrigin(r)) {
        r.variables.deny = 'cross-site';
        return r.return(403);
    }
    const form = fields(r.requestText || '');
    const record = keys.find((form.key || '').trim());
    const name = record[0] === '!' ? record.slice(1) : keys.fault(keys.parse(record));
    if (name) {
        r.variables.deny = name;
        return html.send(r, 401, 'Sign in', html.signInForm(safeNext(form.next), name));
    }
    const key = keys.parse(record);
    r.variables.key_id = key.id;
    r.headersOut['Set-Cookie'] = [cookieFor(r, key.id)];
    r.return(303, safeNext(form.next));
}

function cookieFor(r, id) {
    const text = `${r.variables.request_id}.${id}.${Math.floor(Date.now() / 1000) + SECONDS}`;
    return `${COOKIE}=${text}.${sign(text)}; Path=/; Max-Age=${SECONDS}; HttpOnly; SameSite=Strict`;
}

function fields(body) {
    const found = {};
    body.split('&').forEach((pair) => {
        const at = pair.indexOf('=');
        found[pair.slice(0, at)] = decode(pair.slice(at + 1));
    });
    return found;
}

function decode(text) {
    try {
        return decodeURIComponent(text.replace(/\+/g, ' '));
    } catch (e) {
        return '';
    }
}

export default { isSameOrigin, keyId, signIn, signInUrl };
