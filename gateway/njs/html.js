// The few pages that the gateway makes itself; none of them needs a script.
import problems from 'problem_table.js';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const STYLE = ':root{color-scheme:light dark;background:#fff;color:#1b1f24}'
    + '@media (prefers-color-scheme:dark){:root{background:#13171f;color:#c2c7d0}a{color:#7eb6ff}}'
    + 'body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}'
    + 'input,button{font:inherit;padding:.5rem;width:100%;box-sizing:border-box;margin:.25rem 0}';

function escape(text) {
    return text.replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);
}

function send(r, status, title, body) {
    r.headersOut['Content-Type'] = 'text/html; charset=utf-8';
    r.headersOut['Content-Security-Policy'] = POLICY;
    r.headersOut['Cache-Control'] = 'no-store';
    r.headersOut['Referrer-Policy'] = 'no-referrer';
    r.return(status, `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>${title}</title>`
        + '<meta name="viewport" content="width=device-width, initial-scale=1">'
        + `<style>${STYLE}</style></head><body><main><h1>${title}</h1>${body}</main></body></html>\n`);
}

// A person typed the key into a field: the table's words about headers do not fit.
function said(fault) {
    const words = {
        'key-malformed': 'The access key is malformed. A key is 47 characters: chk_live_ or chk_test_'
            + ' and 38 letters and digits. Copy the whole of it into the field.',
        'key-unknown': 'The access key is unknown. It is mistyped, or it belongs to another installation.',
    };
    return words[fault] || `${problems[fault].title}. ${problems[fault].detail}`;
}

function signInForm(next, fault) {
    const alert = fault ? `<p role="alert">${said(fault)}</p>` : '';
    return alert
        + '<form method="post" action="/sign-in"><label for="key">Access key</label>'
        + '<input id="key" name="key" type="password" required autocomplete="current-password" autofocus>'
        + `<input name="next" type="hidden" value="${escape(next)}">`
        + '<button>Sign in</button></form>'
        + '<p>The operator makes keys with <code>gateway-keys create</code>; '
        + 'the demo key lies in <code>.demo/api-key</code>.</p>'
        + `<p><a href="${escape(next)}">Continue</a> if you are signed in already.</p>`;
}

export default { escape, send, signInForm };
