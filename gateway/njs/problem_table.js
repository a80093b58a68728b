// Rendered from problems.toml by `python -m gateway_keys.routes render`; do not edit.
export default {
  "path-not-canonical": {
    "title": "The path is not in its canonical form",
    "detail": "Use plain segments of letters, digits, '.', '_', '~', ':' and '-', without '//' or a trailing '/'.",
    "help": "The gateway takes a path in one spelling only, so that it and the services can never read it in two ways. Write it without percent-encoding, empty or dotted segments and without a trailing slash."
  },
  "key-in-url": {
    "title": "The address contains an access key",
    "detail": "Send the key in the X-API-Key header; treat this key as leaked and have it revoked.",
    "help": "Addresses end up in logs and histories. Have the key revoked, make a new one and send it in a header."
  },
  "malformed-request": {
    "title": "The request is malformed",
    "detail": "The request line or a header breaks the rules of HTTP.",
    "help": "Check the request line, the Host header, header names and the number and size of headers."
  },
  "key-missing": {
    "title": "An access key is needed",
    "detail": "Send your key as 'X-API-Key: KEY' or 'Authorization: Bearer KEY'.",
    "help": "Every call needs an access key in exactly one of the two headers. In a browser, open /sign-in. The operator makes keys with 'gateway-keys create'."
  },
  "key-malformed": {
    "title": "The access key is malformed",
    "detail": "A key is 47 characters, chk_live_ or chk_test_ and 38 letters and digits, in exactly one header.",
    "help": "Send exactly one key in exactly one header. 'gateway-keys verify' tells a typing mistake from an unknown key."
  },
  "key-unknown": {
    "title": "The access key is unknown",
    "detail": "This gateway does not know the key.",
    "help": "The key belongs to another installation, or it is mistyped. 'gateway-keys verify' tells which."
  },
  "key-expired": {
    "title": "The access key has expired",
    "detail": "The time of this key is over; ask for a new one.",
    "help": "Keys made with --ttl end by themselves. Ask the operator for a new key."
  },
  "key-not-yet-valid": {
    "title": "The access key is not valid yet",
    "detail": "The time of this key has not begun.",
    "help": "Check the clock of the gateway and the key's times with 'gateway-keys show'."
  },
  "key-disabled": {
    "title": "The access key is disabled",
    "detail": "This key is switched off for now; ask its owner.",
    "help": "'gateway-keys enable' lets it work again."
  },
  "key-revoked": {
    "title": "The access key is revoked",
    "detail": "This key was revoked, and that is for ever; ask for a new one.",
    "help": "The audit row says why: 'gateway-keys audit tail'. Ask the operator for a new key."
  },
  "scope-missing": {
    "title": "The access key may not do this",
    "detail": "The WWW-Authenticate header names the scope that this call needs.",
    "help": "Ask for a key with that scope; the route table says which call needs which."
  },
  "cross-site": {
    "title": "The request came from another site",
    "detail": "A signed-in browser may only change things from the pages of this site.",
    "help": "Open the page of this site and repeat the action there. Programs send a key in a header instead of a cookie."
  },
  "no-such-route": {
    "title": "There is nothing at this address",
    "detail": "The gateway passes on listed routes only.",
    "help": "Check the path against the route table; identifiers have fixed character sets."
  },
  "method-not-allowed": {
    "title": "The method is not allowed here",
    "detail": "The Allow header lists the methods of this route.",
    "help": "Use one of the methods in the Allow header."
  },
  "body-too-large": {
    "title": "The request body is too large",
    "detail": "Send fewer rows per request.",
    "help": "The route table states the limit of each route. Split the data into several requests."
  },
  "uri-too-long": {
    "title": "The address is too long",
    "detail": "Shorten the path or the query.",
    "help": "The request line may have 8 kB."
  },
  "not-implemented": {
    "title": "The transfer encoding is not supported",
    "detail": "Send the body plain or chunked.",
    "help": "Only the transfer encoding 'chunked' is supported."
  },
  "version-not-supported": {
    "title": "The HTTP version is not supported",
    "detail": "Speak HTTP/1.1.",
    "help": "Speak HTTP/1.0 or HTTP/1.1."
  },
  "rate-exceeded": {
    "title": "Too many requests",
    "detail": "Wait as long as the Retry-After header says and repeat.",
    "help": "Each key plan allows a number of requests per second. Wait, send more rows per request, or ask for a larger plan."
  },
  "too-many-connections": {
    "title": "Too many requests at the same time",
    "detail": "Wait until earlier requests are answered.",
    "help": "Each key plan allows a number of requests at the same time."
  },
  "gate-failed": {
    "title": "The gateway could not check the request",
    "detail": "Nothing was passed on; report the request id.",
    "help": "Something failed inside the gateway, so it refused. Its log has a line with the request id."
  },
  "upstream-unavailable": {
    "title": "The service behind the gateway does not answer",
    "detail": "Repeat after a moment; the request may not have been seen.",
    "help": "The service is starting, restarting or down. 'make status' shows its state."
  },
  "upstream-timeout": {
    "title": "The service behind the gateway took too long",
    "detail": "It is not known whether the request took effect.",
    "help": "Repeat calls that change nothing. For others send an Idempotency-Key and repeat with the same one."
  }
};
