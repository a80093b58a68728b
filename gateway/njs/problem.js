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

// The body, which is evaluated first, fixes the name for the headers and the log.
function body(r) {
    const name = nameOf(r);
    r.variables.deny = name;
    return JSON.stringify({
        type: '/problems/' + name,
        title: problems[name].title,
        status: Number(r.variables.status),
        detail: problems[name].detail,
        instance: 'urn:uuid:' + uuid(r.variables.request_id),
    }) + '\n';
}

function nameOf(r) {
    const status = Number(r.variables.status);
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

function authenticate(r) {
    const name = nameOf(r);
    if (name === 'scope-missing') {
        return `${REALM}, error="insufficient_scope", scope="${r.variables.need_scope}"`;
    }
    if (r.variables.status !== '401') {
        return '';
    }
    return name === 'key-missing' ? REALM : `${REALM}, error="invalid_token"`;
}

function allow(r) {
    return r.variables.status === '405' ? r.variables.allow : '';
}

function retryAfter(r) {
    return ['429', '502', '504'].includes(r.variables.status) ? '1' : '';
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

export default { allow, authenticate, body, page, retryAfter };
