"""Every header name that gateway, services and clients share."""

API_KEY = "X-API-Key"  # access key of a caller; stays at the gateway
REQUEST_ID = "X-Request-Id"  # id of one request in every log line and answer
TRACEPARENT = "traceparent"  # W3C trace context; goes on with every call and mail
KEY_ID = "X-Key-Id"  # public id of the access key; set by the gateway only, as the next two
KEY_SCOPES = "X-Key-Scopes"  # scopes of the access key, separated by blanks
KEY_OWNER = "X-Key-Owner"  # owner of the access key; survives rotation
REQUEST_START = "X-Request-Start"  # when the gateway took the request: t=<unix seconds>.<ms>
REQUEST_DEADLINE_MS = "X-Request-Deadline-Ms"  # milliseconds that the caller still waits
IDEMPOTENCY_KEY = "Idempotency-Key"  # the caller's id of one write; the same key acts once
MODEL_VERSION = "X-Model-Version"  # model version that answered
SCHEMA_DIGEST = "X-Schema-Digest"  # digest of the customer schema that the model expects
RATE_LIMIT = "RateLimit"  # what is left of the caller's quota
RATE_LIMIT_POLICY = "RateLimit-Policy"  # the caller's quota itself
RETRY_AFTER = "Retry-After"  # seconds to wait before asking again
