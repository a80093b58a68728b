// Changes pushed by gateway-keys: PUT and GET /v1/key?h=<digest>, GET /v1/status.
import keys from 'keys.js';

function key(r) {
    const digest = String(r.args.h || '');
    if (r.method === 'PUT') {
        return put(r, digest);
    }
    const record = /^[0-9a-f]{64}$/.test(digest) ? ngx.shared.keys.get(digest) : undefined;
    r.return(record ? 200 : 404, (record || 'no such key') + '\n');
}

function put(r, digest) {
    try {
        const taken = keys.apply(digest, (r.requestText || '').trim());
        r.return(taken ? 200 : 400, taken ? 'taken\n' : 'this is no record\n');
    } catch (e) {
        // Full: the CLI says so, and the journal repeats it every second.
        r.return(507, 'the key dictionary is full\n');
    }
}

function status(r) {
    const dict = ngx.shared.keys;
    r.headersOut['Content-Type'] = 'application/json';
    r.return(200, JSON.stringify({
        keys: Math.floor((dict.size() - 1) / 2),
        seq: keys.applied(),
        free_bytes: dict.freeSpace(),
        nginx: r.variables.nginx_version,
        njs: njs.version,
    }) + '\n');
}

export default { key, status };
