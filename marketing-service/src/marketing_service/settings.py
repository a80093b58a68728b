"""What each process of this service can be told by its environment."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypeVar

from service_kit.settings import load_settings, setting

T = TypeVar("T")

PREFIX: Final = "MARKETING_"

_PORT_HELP: Final = "Port on which the process answers HTTP; the system chooses one for 0."


@dataclass(frozen=True, kw_only=True)
class StoreSettings:
    """Where the service keeps what it knows; read by every process but the client."""

    database_url: str = setting(
        default="sqlite:///marketing.sqlite",
        secret=True,
        help="Address of the database: sqlite:///FILE or postgresql://USER:PASSWORD@HOST/NAME.",
    )
    spool_dir: Path = setting(
        default=Path("spool"),
        help="Folder in which uploads wait for the worker; web and worker must share it.",
    )


@dataclass(frozen=True, kw_only=True)
class MigrateSettings(StoreSettings):
    """Settings of `marketing migrate`."""

    demo_import: Path | None = setting(
        default=None,
        help="CSV file of customers to import when there are none yet.",
    )


@dataclass(frozen=True, kw_only=True)
class WebSettings(StoreSettings):
    """Settings of `marketing web`."""

    port: int = setting(default=8080, minimum=0, maximum=65_535, env="PORT", help=_PORT_HELP)
    threads: int = setting(
        default=8, minimum=1, maximum=64, help="Requests that the process answers side by side."
    )
    trust_network: bool = setting(
        default=False,
        help="Listen beyond this machine although callers are not asked for a token.",
    )
    max_import_bytes: int = setting(
        default=1 << 30,
        minimum=1,
        help="Largest file of customers, in bytes, that is accepted.",
    )
    max_body_bytes: int = setting(
        default=16 << 20,
        minimum=1,
        help="Largest other body, in bytes, that is accepted.",
    )


@dataclass(frozen=True, kw_only=True)
class WorkerSettings(StoreSettings):
    """Settings of `marketing worker`."""

    port: int = setting(default=8080, minimum=0, maximum=65_535, env="PORT", help=_PORT_HELP)
    trust_network: bool = setting(
        default=False,
        help="Answer health and metrics beyond this machine.",
    )
    churn_url: str = setting(
        default="http://127.0.0.1:8000",
        help="Address of churn-service or of the gateway before it.",
    )
    churn_api_key: str | None = setting(
        default=None,
        secret=True,
        help="Access key for the gateway, sent as X-API-Key; without it none is sent.",
    )
    smtp_host: str = setting(
        default="127.0.0.1",
        help="Host that takes mail by SMTP.",
    )
    smtp_port: int = setting(default=1025, minimum=1, maximum=65_535, help="Port of the SMTP host.")
    mail_domain: str = setting(
        default="mail.example.test",
        help="Domain behind the @ of every Message-ID.",
    )
    token_key: str = setting(
        secret=True,
        help="Secret behind Message-IDs and address hashes; never change it while mails are out.",
    )
    lease_seconds: float = setting(
        default=60.0,
        minimum=1,
        maximum=3_600,
        help="Seconds for which a worker holds the targets it took.",
    )
    settle_seconds: float = setting(
        default=600.0,
        minimum=1,
        maximum=86_400,
        help="Seconds after which a message of a dead worker counts as unknown.",
    )
    heartbeat_seconds: float = setting(
        default=1.0,
        minimum=0.05,
        maximum=60,
        help="Seconds between two signs of life of a worker.",
    )


@dataclass(frozen=True, kw_only=True)
class MailboxSettings:
    """Settings of `marketing mailbox`, the mail server for development."""

    port: int = setting(default=8080, minimum=0, maximum=65_535, env="PORT", help=_PORT_HELP)
    trust_network: bool = setting(
        default=False,
        help="Take mail and show the inbox beyond this machine.",
    )
    mailbox_smtp_port: int = setting(
        default=1025,
        minimum=0,
        maximum=65_535,
        help="Port on which the mailbox takes mail by SMTP.",
    )
    mailbox_database: Path = setting(
        default=Path("mailbox.sqlite"), help="File that keeps the received mail."
    )


@dataclass(frozen=True, kw_only=True)
class ClientSettings:
    """Settings of the commands that talk to the API."""

    url: str = setting(
        default="http://127.0.0.1:8080", help="Address of the gateway or of the web process."
    )
    api_key: str | None = setting(
        default=None,
        secret=True,
        help="Access key for the gateway, sent as X-API-Key; without it none is sent.",
    )


PROCESSES: Final = {
    "web": WebSettings,
    "worker": WorkerSettings,
    "mailbox": MailboxSettings,
    "migrate": MigrateSettings,
    "client": ClientSettings,
}
"""The settings of each process, by the name of its command."""


def load(cls: type[T], environ: Mapping[str, str]) -> T:
    """Read the settings of one process; those of the others are known, but not read.

    Raises:
        SettingsError: lists every missing, malformed and unknown variable.
    """
    return load_settings(cls, environ, PREFIX, siblings=PROCESSES.values())
