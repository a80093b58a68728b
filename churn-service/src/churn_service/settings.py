"""Settings of the serving process, read from `CHURN_*` and `PORT`."""

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from service_kit.settings import setting

PREFIX = "CHURN_"
DEFAULT_PORT = 8080
BEHIND_GATEWAY_SECONDS = 2.0


@dataclass(frozen=True, kw_only=True)
class Settings:
    """Where the models are, how much one request may carry, where to listen."""

    model_root: Path = setting(
        default=Path("models"),
        help="Registry folder: one folder per model, in it one per version, and the aliases.",
    )
    model_name: str = setting(
        default="churn", help="Name of the model to serve, a folder of the registry."
    )
    model_public_key: Path | None = setting(
        default=None,
        help="Public key in PEM; then only versions signed with its private half are served "
        "and promoted. Needs the extra churn-service[sign].",
    )
    watch_seconds: float = setting(
        default=1.0,
        minimum=0.05,
        maximum=3600,
        help="Seconds between two looks at the champion alias.",
    )
    max_body_bytes: int = setting(
        default=16 * 1024 * 1024,
        minimum=1024,
        maximum=1024 * 1024 * 1024,
        help="Answer 413 to larger bodies, in bytes.",
    )
    max_rows: int = setting(
        default=100_000,
        minimum=1,
        maximum=10_000_000,
        help="Answer 413 to bodies with more customers.",
    )
    unknown_fields: Literal["error", "ignore"] = setting(
        default="error",
        choices=("error", "ignore"),
        help="What to do with fields of no schema: refuse the customer, or ignore and name them.",
    )
    drift_window_rows: int = setting(
        default=1_000,
        minimum=100,
        maximum=100_000_000,
        help="Customers after which a window of the watch over drift may close.",
    )
    drift_window_hours: float = setting(
        default=24.0,
        minimum=0.0001,
        maximum=168.0,
        help="Hours that a window of the watch over drift lasts at least; "
        "sets how many tests share the promised 1 % of false alarms a week.",
    )
    threads: int = setting(
        default=16, minimum=1, maximum=512, help="Requests worked on at the same time."
    )
    port: int | None = setting(
        default=None,
        minimum=1,
        maximum=65_535,
        env="PORT",
        help="TCP port to listen on; AIP_HTTP_PORT when not set, else 8080.",
    )
    trust_network: bool = setting(
        default=False,
        help="Listen on all addresses; only where a gateway or network keeps strangers out.",
    )
    aip_http_port: int | None = setting(
        default=None,
        minimum=1,
        maximum=65_535,
        env="AIP_HTTP_PORT",
        help="TCP port that Vertex AI asks for; PORT wins.",
    )
    aip_health_route: str | None = setting(
        default=None,
        env="AIP_HEALTH_ROUTE",
        help="Further path that answers whether customers can be scored; Vertex AI sets it.",
    )
    aip_predict_route: str | None = setting(
        default=None,
        env="AIP_PREDICT_ROUTE",
        help='Further path that takes {"instances": [...]}; Vertex AI sets it.',
    )
    public_url: str = setting(
        default="",
        help="Address that callers use, such as https://churn.example; pages show it in commands "
        "to copy. Empty: the address that the page was asked at.",
    )

    jobs_folder: Path | None = setting(
        default=None,
        help="Folder of the bulk jobs, which survives restarts; not set: POST /jobs is off.",
    )
    data_folder: Path | None = setting(
        default=None,
        help="Folder with files that bulk jobs may read by name instead of an upload.",
    )
    max_upload_bytes: int = setting(
        default=16 * 1024**3,
        minimum=1024,
        maximum=1024**4,
        help="Answer 413 to larger uploads of a bulk job, in bytes.",
    )
    max_jobs_waiting: int = setting(
        default=20, minimum=1, maximum=10_000, help="Answer 503 to further bulk jobs."
    )
    job_hours: float = setting(
        default=72.0,
        minimum=0.001,
        maximum=8760,
        help="Hours that an ended bulk job and its result are kept.",
    )
    max_batches: int = setting(
        default=1,
        minimum=1,
        maximum=64,
        help="Bodies above 16 KiB worked on at the same time; four times as many wait, and further "
        "ones are answered 503 at once.",
    )
    max_queue_ms: int = setting(
        default=1_000,
        minimum=10,
        maximum=600_000,
        help="Answer 503 to requests that waited longer, counted from X-Request-Start.",
    )
    drain_seconds: float | None = setting(
        default=None,
        minimum=0.0,
        maximum=600.0,
        help="Seconds to serve on after SIGTERM, no longer ready, so that gateways move to "
        "other replicas; not set: 2 with CHURN_TRUST_NETWORK, else 0.",
    )

    @property
    def seconds_to_drain(self) -> float:
        """How long to serve on after SIGTERM: longer where a gateway stands before it."""
        if self.drain_seconds is not None:
            return self.drain_seconds
        return BEHIND_GATEWAY_SECONDS if self.trust_network else 0.0

    @property
    def http_port(self) -> int:
        """The port to listen on: PORT, else Vertex AI's, else 8080."""
        return self.port or self.aip_http_port or DEFAULT_PORT
