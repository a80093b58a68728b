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
  },
  "invalid-customers": {
    "title": "Some fields are wrong",
    "detail": "",
    "help": "The member 'errors' lists every bad field with its place, a code and a sentence. Compare with the schema at /schema."
  },
  "malformed-body": {
    "title": "The body cannot be read",
    "detail": "",
    "help": "The body is no JSON, or not of the shape that the route takes; the detail says where it breaks."
  },
  "unsupported-media-type": {
    "title": "The media type is not taken here",
    "detail": "",
    "help": "Set Content-Type to one of the types that the detail lists."
  },
  "not-acceptable": {
    "title": "No acceptable answer",
    "detail": "",
    "help": "Set Accept to one of the types that the detail lists, or leave it out."
  },
  "no-model": {
    "title": "No model is being served",
    "detail": "",
    "help": "Train one, or wait until it is loaded: 'make status' and the log of churn-service say which."
  },
  "version-not-loaded": {
    "title": "This version is not loaded",
    "detail": "",
    "help": "Leave model_version out, or name champion, challenger, shadow or a version that /health/ready lists."
  },
  "version-not-found": {
    "title": "There is no such version",
    "detail": "",
    "help": "GET /models lists the versions of the registry."
  },
  "promotion-refused": {
    "title": "The version is not promoted",
    "detail": "",
    "help": "The detail names the failed checks. Train a better version, run the gate with 'churn models promote --data --config --reason', or send \"force\": true and say why."
  },
  "registry-read-only": {
    "title": "The registry cannot be written here",
    "detail": "",
    "help": "Promote with 'churn models promote' where the registry is writable, or mount it writable for churn-service (CHURN_MODELS_ACCESS=rw)."
  },
  "jobs-off": {
    "title": "Bulk jobs are switched off",
    "detail": "",
    "help": "The operator sets CHURN_JOBS_FOLDER to a folder that survives restarts. Until then split the file and send the parts to /predict."
  },
  "job-not-found": {
    "title": "There is no such job",
    "detail": "",
    "help": "GET /jobs lists those there are. Ended ones are removed after a while, with their results."
  },
  "job-not-done": {
    "title": "The job has no result",
    "detail": "",
    "help": "GET /jobs/{id} tells its state. Only a job that is done has a result; one that failed says why."
  },
  "key-reused": {
    "title": "The Idempotency-Key was used for something else",
    "detail": "",
    "help": "Use the same key only to repeat the same request; choose a new one for every other."
  },
  "too-many-jobs": {
    "title": "Too many jobs are waiting",
    "detail": "",
    "help": "Repeat after the time in Retry-After, when some have ended."
  },
  "storage-full": {
    "title": "There is no room for the file",
    "detail": "",
    "help": "Send a smaller file, or have the operator free some space in the jobs folder."
  },
  "file-not-found": {
    "title": "There is no such file",
    "detail": "",
    "help": "Name a file inside the data folder of the service, without a leading slash."
  },
  "bad-request": {
    "title": "Bad Request",
    "detail": "",
    "help": "The service could not read the request as HTTP: check its headers and that the body is as long as it says."
  },
  "range-not-satisfiable": {
    "title": "Range Not Satisfiable",
    "detail": "",
    "help": "The part that the Range header asks for is not in the file; ask without it, or for bytes that there are."
  },
  "unavailable": {
    "title": "Service Unavailable",
    "detail": "",
    "help": "The service cannot answer now. Repeat after the time in Retry-After."
  },
  "not-found": {
    "title": "There is nothing of that name",
    "detail": "",
    "help": "Check the identifier in the path."
  },
  "unknown-campaign": {
    "title": "There is no campaign of that name",
    "detail": "",
    "help": "GET /v1/campaigns lists all campaigns."
  },
  "unknown-customer": {
    "title": "There is no customer with that id",
    "detail": "",
    "help": "GET /v1/customers lists customers; the id is that of your own table."
  },
  "unknown-import": {
    "title": "There is no import with that id",
    "detail": "",
    "help": "GET /v1/imports lists all imports."
  },
  "unknown-plan": {
    "title": "There is no such plan",
    "detail": "",
    "help": "The campaign has not been planned yet: POST /v1/campaigns/{id}/plan."
  },
  "campaign-state": {
    "title": "The campaign is in no state for this step",
    "detail": "",
    "help": "GET /v1/campaigns/{id} shows its status; a campaign is planned, then launched, and launched once."
  },
  "campaign-exists": {
    "title": "The name belongs to another campaign",
    "detail": "",
    "help": "Send the same file again under its name, or choose another name."
  },
  "audience-changed": {
    "title": "The plan is not the one you have seen",
    "detail": "",
    "help": "The campaign was planned again since. Look at the new plan and launch with its digest."
  },
  "schema-changed": {
    "title": "The model's schema has changed",
    "detail": "",
    "help": "The served model expects other fields than the ones the plan was made with. Plan again."
  },
  "idempotency-conflict": {
    "title": "The key was used for another request",
    "detail": "",
    "help": "Use a new Idempotency-Key for each different request, and the same one only for a repeat."
  },
  "underpowered": {
    "title": "The campaign is too small to prove its effect",
    "detail": "",
    "help": "Select more customers, keep back a larger control group, or leave out the demand for power."
  },
  "invalid-request": {
    "title": "The request has errors",
    "detail": "",
    "help": "The member 'errors' or the detail names each field or query parameter and its rule."
  },
  "invalid-campaign": {
    "title": "The campaign file has errors",
    "detail": "",
    "help": "The member 'errors' lists every one with its place in the file."
  },
  "invalid-import": {
    "title": "The file cannot be imported",
    "detail": "",
    "help": "The detail names the columns that are missing or doubled; map columns with 'map='."
  },
  "invalid-outcomes": {
    "title": "The outcomes have errors",
    "detail": "",
    "help": "The member 'errors' lists every bad row."
  },
  "malformed-outcomes": {
    "title": "The body is no list of outcomes",
    "detail": "",
    "help": "Send a JSON array, newline-delimited JSON or CSV, and say which in Content-Type."
  },
  "no-schema": {
    "title": "The customer schema is not known yet",
    "detail": "",
    "help": "The worker fetches it from churn-service. Wait a moment; 'make status' shows whether a model is served."
  },
  "store-busy": {
    "title": "The database is busy",
    "detail": "",
    "help": "Repeat after the time in Retry-After."
  },
  "spool-full": {
    "title": "There is no room for the upload",
    "detail": "",
    "help": "Free space in the spool volume, or split the file."
  },
  "length-required": {
    "title": "The upload must say how long it is",
    "detail": "",
    "help": "Send the file with Content-Length, as curl --data-binary @file does, not in chunks."
  },
  "overloaded": {
    "title": "The service has more work than it can do",
    "detail": "",
    "help": "Repeat after the time in Retry-After."
  },
  "deadline-passed": {
    "title": "The answer would have come too late",
    "detail": "",
    "help": "The request waited longer than its deadline. Send fewer rows, or a later deadline."
  },
  "internal-error": {
    "title": "Something failed inside the service",
    "detail": "",
    "help": "Its log has a line with the request id of the answer; report that id."
  }
};
