// Alive: this process answers. Ready: it has keys and both services are ready.
import keys from 'keys.js';

const SERVICES = ['churn-service', 'marketing-service'];

function live(r) {
    send(r, 200, { status: 'alive' });
}

async function ready(r) {
    const waiting = [];
    if (ngx.shared.keys.size() < 2) {
        waiting.push('keys');
    }
    const replies = await Promise.all(SERVICES.map((name) => r.subrequest('/upstream-ready/' + name)));
    replies.forEach((reply, index) => {
        if (reply.status !== 200) {
            waiting.push(SERVICES[index]);
        }
    });
    const isReady = waiting.length === 0;
    send(r, isReady ? 200 : 503, { status: isReady ? 'ready' : 'waiting', waiting: waiting, seq: keys.applied() });
}

function send(r, status, body) {
    r.headersOut['Content-Type'] = 'application/json';
    r.headersOut['Cache-Control'] = 'no-store';
    r.return(status, JSON.stringify(body) + '\n');
}

export default { live, ready };
