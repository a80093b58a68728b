// Records of keys in the shared dictionary: digest -> record, "@id" -> digest.
import crypto from 'crypto';

const SHAPE = /^chk_(?:live|test)_[0-9A-Za-z]{38}$/;
const RECORD = /^k_[a-z0-9]{10}\|k_[a-z0-9]{10}\|[a-z]+\|[a-z0-9_: ]+\|\d+\|\d+\|(?:active|disabled|revoked)\|\d+\|[a-z0-9._@-]+$/;
const DIGEST = /^[0-9a-f]{64}$/;
const APPLIED = '#seq';

function find(key) {
    if (!SHAPE.test(key)) {
        return '!key-malformed';
    }
    const digest = crypto.createHash('sha256').update(key).digest('hex');
    return ngx.shared.keys.get(digest) || '!key-unknown';
}

function findId(id) {
    const digest = ngx.shared.keys.get('@' + id);
    return (digest && ngx.shared.keys.get(digest)) || '!key-unknown';
}

function parse(record) {
    const part = record.split('|');
    return {
        id: part[0],
        plan: part[2],
        scopes: part[3],
        notBefore: Number(part[4]),
        notAfter: Number(part[5]),
        status: part[6],
        seq: Number(part[7]),
        owner: part[8],
    };
}

// Why a known key may not be used now, or '' when it may.
function fault(key) {
    const now = Date.now() / 1000;
    if (now < key.notBefore) {
        return 'key-not-yet-valid';
    }
    if (key.notAfter && now >= key.notAfter) {
        return 'key-expired';
    }
    return key.status === 'active' ? '' : 'key-' + key.status;
}

// Take a change unless a newer one is held: a late line never revives a key.
function apply(digest, record) {
    if (!DIGEST.test(digest) || !RECORD.test(record)) {
        return false;
    }
    const held = ngx.shared.keys.get(digest);
    const key = parse(record);
    if (!held || parse(held).seq < key.seq) {
        ngx.shared.keys.set(digest, record);
        ngx.shared.keys.set('@' + key.id, digest);
    }
    if (applied() < key.seq) {
        ngx.shared.keys.set(APPLIED, String(key.seq));
    }
    return true;
}

function applied() {
    return Number(ngx.shared.keys.get(APPLIED) || 0);
}

export default { applied, apply, fault, find, findId, parse };
