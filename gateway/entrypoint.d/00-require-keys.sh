#!/bin/sh
# Refuse to start without what the gateway cannot work without, and say what to do.
set -eu
seed=${GATEWAY_SEED_DIR:-/var/lib/gateway-seed}/seed.json

refuse() {
    printf 'gateway: %s\n' "$*" >&2
    exit 1
}

version=$(nginx -v 2>&1 | sed -n 's|.*nginx/\([0-9.]*\).*|\1|p')
lowest=$(printf '%s\n1.30.4\n' "$version" | sort -V | head -n 1)
[ "$lowest" = 1.30.4 ] || refuse "nginx $version is too old; at least 1.30.4 is needed"

# js_access came with njs 0.9.9, so a module that knows it is new enough.
mkdir -p /tmp/probe
printf '%s\n' 'load_module /etc/nginx/modules/ngx_http_js_module.so;' 'pid /tmp/probe/pid;' \
    'error_log stderr crit;' 'events {}' 'http { access_log off; js_engine qjs;' \
    'client_body_temp_path /tmp/probe/1; proxy_temp_path /tmp/probe/2; fastcgi_temp_path /tmp/probe/3;' \
    'uwsgi_temp_path /tmp/probe/4; scgi_temp_path /tmp/probe/5; js_import probe from /etc/nginx/njs/problem.js;' \
    'js_path /etc/nginx/njs/; server { listen 127.0.0.1:8099; location / { js_access probe.body; } } }' \
    >/tmp/probe/nginx.conf
nginx -t -q -c /tmp/probe/nginx.conf >/tmp/probe/log 2>&1 ||
    refuse "the njs module is missing or older than 0.9.9: $(tail -n 1 /tmp/probe/log)"

[ -e "$seed" ] || refuse "there are no keys: $seed is missing; run 'gateway-keys init' first"
[ -r "$seed" ] || refuse "$seed cannot be read by uid $(id -u); it must belong to uid 101"
[ -s "$seed" ] || refuse "$seed is empty; run 'gateway-keys list' to write it again from the store"
grep -Eq '"[0-9a-f]{64}"' "$seed" || refuse "$seed holds no key; run 'gateway-keys create' first"

secret=${GATEWAY_SESSION_SECRET_FILE:-}
[ -z "$secret" ] || [ -s "$secret" ] || refuse "GATEWAY_SESSION_SECRET_FILE=$secret is missing or empty"
[ -w /run/gateway ] || refuse "/run/gateway must be a tmpfs that uid $(id -u) may write"
[ -w /run/admin ] || refuse "/run/admin must be a volume that uid $(id -u) may write"
