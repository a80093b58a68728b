// Counters of finished requests, and the page that Prometheus reads.
import keys from 'keys.js';

const BUCKETS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
const STATUSES = ['active', 'disabled', 'revoked'];

// Runs once per request, when its log line is written; returns the duration in ms.
function count(r) {
    const seconds = Number(r.variables.request_time) || 0;
    try {
        const route = r.variables.route || 'none';
        add(`gateway_requests_total{route="${route}",status="${r.variables.status}"}`, 1);
        if (r.variables.deny && !r.variables.deny.startsWith('upstream-')) {
            add(`gateway_refusals_total{reason="${r.variables.deny}"}`, 1);
        }
        observe(route, seconds);
    } catch (e) {
        ngx.log(ngx.WARN, `a request was not counted: ${e.message}`);
    }
    return String(Math.round(seconds * 1000));
}

function observe(route, seconds) {
    BUCKETS.filter((limit) => seconds <= limit).forEach((limit) => {
        add(`gateway_request_seconds_bucket{route="${route}",le="${limit}"}`, 1);
    });
    add(`gateway_request_seconds_bucket{route="${route}",le="+Inf"}`, 1);
    add(`gateway_request_seconds_sum{route="${route}"}`, seconds);
    add(`gateway_request_seconds_count{route="${route}"}`, 1);
}

function add(name, amount) {
    ngx.shared.metrics.incr(name, amount, 0);
}

function page(r) {
    const counted = ngx.shared.metrics.items(10000).sort((a, b) => (sortKey(a[0]) < sortKey(b[0]) ? -1 : 1));
    r.headersOut['Content-Type'] = 'text/plain; version=0.0.4; charset=utf-8';
    r.return(200, [
        family('gateway_requests_total', 'counter', 'Finished requests.', counted),
        family('gateway_refusals_total', 'counter', 'Requests that the gateway refused.', counted),
        family('gateway_request_seconds', 'histogram', 'Time to answer a request.', counted),
        gauges(r),
    ].join(''));
}

// Buckets stand in the order of their limits.
function sortKey(name) {
    return name.replace(/le="([^"]+)"/, (all, limit) => (limit === '+Inf' ? '~' : Number(limit).toFixed(3).padStart(9, '0')));
}

function family(name, type, help, counted) {
    const lines = counted.filter((item) => item[0].startsWith(name)).map((item) => `${item[0]} ${item[1]}\n`);
    return `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n${lines.join('')}`;
}

function gauges(r) {
    const dict = ngx.shared.keys;
    const held = { active: 0, disabled: 0, revoked: 0 };
    dict.items(dict.size()).filter((item) => item[0].length === 64).forEach((item) => {
        held[keys.parse(item[1]).status] += 1;
    });
    return '# HELP gateway_keys Keys held, by status.\n# TYPE gateway_keys gauge\n'
        + STATUSES.map((status) => `gateway_keys{status="${status}"} ${held[status]}\n`).join('')
        + gauge('gateway_keys_free_bytes', 'Room left in the key dictionary.', dict.freeSpace())
        + gauge('gateway_applied_seq', 'Number of the last key change taken.', keys.applied())
        + '# HELP gateway_info Versions.\n# TYPE gateway_info gauge\n'
        + `gateway_info{nginx="${r.variables.nginx_version}",njs="${njs.version}"} 1\n`;
}

function gauge(name, help, value) {
    return `# HELP ${name} ${help}\n# TYPE ${name} gauge\n${name} ${value}\n`;
}

export default { count, page };
