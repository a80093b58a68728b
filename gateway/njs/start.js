// Where no route is: a browser gets a page that leads on, a program the problem.
import html from 'html.js';

const LINKS = '<ul><li><a href="/score">Score a customer</a></li>'
    + '<li><a href="/mailbox">Mailbox</a> (development only)</li>'
    + '<li><a href="/sign-in">Sign in</a></li></ul>';

function page(r) {
    const reads = r.method === 'GET' || r.method === 'HEAD';
    if (!reads || !/\btext\/html\b/.test(r.headersIn.Accept || '')) {
        r.return(404);
        return;
    }
    if (r.uri === '/') {
        html.send(r, 200, 'Retention', LINKS);
        return;
    }
    r.variables.deny = 'no-such-route';
    html.send(r, 404, 'There is no such page', `<p>These pages exist:</p>${LINKS}`);
}

export default { page };
