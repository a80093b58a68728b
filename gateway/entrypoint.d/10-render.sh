#!/bin/sh
# Write what depends on this machine into /run/gateway (tmpfs), then test the whole.
set -eu
umask 077
run=/run/gateway
seed=${GATEWAY_SEED_DIR:-/var/lib/gateway-seed}/seed.json
mkdir -p "$run/routes" "$run/upstreams"

refuse() {
    printf 'gateway: %s\n' "$*" >&2
    exit 1
}

cp "$seed" "$run/keys.json"

servers=$(awk '$1 == "nameserver" { print (index($2, ":") ? "[" $2 "]" : $2) }' /etc/resolv.conf | tr '\n' ' ')
[ -n "$servers" ] || refuse "/etc/resolv.conf names no name server"
printf 'resolver %svalid=1s ipv6=off;\nresolver_timeout 2s;\n' "$servers" >"$run/resolver.conf"

hosts=${GATEWAY_HOSTS:-localhost 127.0.0.1 [::1] gateway}
printf '%s' "$hosts" | grep -Eq '^[][A-Za-z0-9.:* _-]+$' || refuse "GATEWAY_HOSTS holds something that is no host name"
printf 'server_name %s;\n' "$hosts" >"$run/hosts.conf"

# A socket that a killed process left behind would make the bind fail.
folder=/run/admin/${HOSTNAME:-gateway}
mkdir -p "$folder"
rm -f "$folder/admin.sock"
printf 'listen unix:%s/admin.sock;\n' "$folder" >"$run/admin-listen.conf"

rm -f "$run"/routes/*.conf "$run"/upstreams/*.conf
if [ "${GATEWAY_MAILBOX:-0}" = 1 ]; then
    cp /etc/nginx/conf.d/profiles/mailbox.conf "$run/routes/mailbox.conf"
    cp /etc/nginx/conf.d/profiles/mailbox-upstream.conf "$run/upstreams/mailbox.conf"
fi

# Without a secret of their own, sessions end when the gateway starts again.
if [ -n "${GATEWAY_SESSION_SECRET_FILE:-}" ]; then
    cp "$GATEWAY_SESSION_SECRET_FILE" "$run/session.secret"
else
    head -c 32 /dev/urandom >"$run/session.secret"
fi

nginx -t -q || refuse "the configuration or $seed is damaged (see above); 'gateway-keys list' rewrites a missing seed"
