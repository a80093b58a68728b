// The second line of delivery: follow changes.tsv, at most 64 KiB a tick.
import fs from 'fs';
import keys from 'keys.js';

const PATH = '/var/lib/gateway-seed/changes.tsv';
const STEP_BYTES = 65536;
const LINE_END = 10;

function follow() {
    try {
        const file = fs.statSync(PATH);
        const mark = place(file);
        if (file.size > mark.offset) {
            read(file, mark.offset);
        }
    } catch (e) {
        if (e.code !== 'ENOENT') {
            ngx.log(ngx.WARN, `the key journal cannot be followed: ${e.message}`);
        }
    }
}

// A replaced or shortened file is read again from its beginning.
function place(file) {
    const dict = ngx.shared.journal;
    const offset = Number(dict.get('offset') || 0);
    const isSame = dict.get('inode') === String(file.ino) && file.size >= offset;
    return { offset: isSame ? offset : 0 };
}

function read(file, offset) {
    const buffer = Buffer.alloc(Math.min(STEP_BYTES, file.size - offset));
    const handle = fs.openSync(PATH, 'r');
    const length = fs.readSync(handle, buffer, 0, buffer.length, offset);
    fs.closeSync(handle);
    const whole = buffer.subarray(0, length).lastIndexOf(LINE_END) + 1;
    buffer.toString('utf8', 0, whole).split('\n').filter((line) => line).forEach(take);
    ngx.shared.journal.set('inode', String(file.ino));
    ngx.shared.journal.set('offset', String(offset + whole));
}

function take(line) {
    const part = line.split('\t');
    if (part.length !== 3 || !keys.apply(part[1], part[2])) {
        ngx.log(ngx.WARN, 'a line of the key journal is damaged and was skipped');
    }
}

export default { follow };
