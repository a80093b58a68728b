// The few pages that the gateway makes itself; none of them needs a script.
import problems from 'problem_table.js';

const POLICY = "default-src 'none'; style-src 'unsafe-inline'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";
const STYLE = 'body{font:1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:3rem auto;padding:0 1rem}'
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

function signInForm(next, fault) {
    const said = fault ? `<p role="alert">${problems[fault].title}. ${problems[fault].detail}</p>` : '';
    return said
        + '<form method="post" action="/sign-in"><label for="key">Access key</label>'
        + '<input id="key" name="key" type="password" required autocomplete="current-password" autofocus>'
        + `<input name="next" type="hidden" value="${escape(next)}">`
        + '<button>Sign in</button></form>'
        + '<p>The operator makes keys with <code>gateway-keys create</code>; '
        + 'the demo key lies in <code>.demo/api-key</code>.</p>'
        + `<p><a href="${escape(next)}">Continue</a> if you are signed in already.</p>`;
}

export default { escape, send, signInForm };
