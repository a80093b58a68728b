// Every error answer of the gateway, and the help page of every problem type.
import html from 'html.js';
import problems from 'problem_table.js';

const BY_STATUS = {
    400: 'malformed-request',
    404: 'no-such-route',
    405: 'method-not-allowed',
    413: 'body-too-large',
    414: 'uri-too-long',
    500: 'gate-failed',
    501: 'not-implemented',
    502: 'upstream-unavailable',
    504: 'upstream-timeout',
    505: 'version-not-supported',
};
const REALM = 'Bearer realm="retention"';

function answer(r) {
    const status = Number(r.variables.status);
    const name = nameOf(r, status);
    r.variables.deny = name;
    headers(r, status, name);
    r.return(status, JSON.stringify({
        type: '/problems/' + name,
        title: problems[name].title,
        status: status,
        detail: problems[name].detail,
        instance: 'urn:uuid:' + uuid(r.variables.request_id),
    }) + '\n');
}

function nameOf(r, status) {
    if (r.variables.deny) {
        return r.variables.deny;
    }
    if (status === 429) {
        return r.variables.limit_conn_status === 'REJECTED' ? 'too-many-connections' : 'rate-exceeded';
    }
    if (status === 400 && r.variables.request_uri && r.variables.url_fault) {
        return r.variables.url_fault;
    }
    return BY_STATUS[status] || 'gate-failed';
}

function headers(r, status, name) {
    r.headersOut['Content-Type'] = 'application/problem+json';
    r.headersOut['Cache-Control'] = 'no-store';
    if (status === 401) {
        r.headersOut['WWW-Authenticate'] = name === 'key-missing' ? REALM : `${REALM}, error="invalid_token"`;
    }
    if (name === 'scope-missing') {
        const scope = r.variables.need_scope;
        r.headersOut['WWW-Authenticate'] = `${REALM}, error="insufficient_scope", scope="${scope}"`;
    }
    if (status === 405 && r.variables.allow) {
        r.headersOut.Allow = r.variables.allow;
    }
    if (status === 429 || status === 502 || status === 504) {
        r.headersOut['Retry-After'] = '1';
    }
}

function uuid(id) {
    return id.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-');
}

function page(r) {
    const name = r.uri.slice('/problems/'.length);
    if (!Object.keys(problems).includes(name)) {
        r.return(404);
        return;
    }
    const text = problems[name];
    html.send(r, 200, html.escape(text.title), `<p>${html.escape(text.help)}</p><p><code>/problems/${name}</code></p>`);
}

export default { answer, page };
