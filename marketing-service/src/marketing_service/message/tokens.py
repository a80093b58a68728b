"""Tokens: what stands for a customer in a message, and cannot be guessed or forged."""

import base64
import binascii
import hashlib
import hmac
from typing import Final

PUBLIC_ID_BYTES: Final = 8
_MAC_BYTES: Final = 12
MESSAGE_ID: Final = "msgid"
"""The purpose of Message-IDs; they travel in replies, so no other token may equal them."""


def make_token(key: bytes, purpose: str, campaign_no: int, public_id: bytes) -> str:
    """Sign a customer's public number for one purpose in one campaign.

    Returns:
        32 characters, a-z and 2-7; equal arguments give equal tokens.

    Raises:
        ValueError: The public number is not 8 bytes long.
    """
    if len(public_id) != PUBLIC_ID_BYTES:
        raise ValueError(f"A public id has {PUBLIC_ID_BYTES} bytes, this one {len(public_id)}.")
    signed = public_id + _mac(key, purpose, campaign_no, public_id)
    return base64.b32encode(signed).decode().lower()


def read_token(key: bytes, purpose: str, campaign_no: int, token: str) -> bytes | None:
    """Return the public number that a token was made for; None for any other text."""
    try:
        signed = base64.b32decode(token.upper())
    except (binascii.Error, ValueError):
        return None
    public_id, mac = signed[:PUBLIC_ID_BYTES], signed[PUBLIC_ID_BYTES:]
    is_ours = hmac.compare_digest(mac, _mac(key, purpose, campaign_no, public_id))
    return public_id if is_ours else None


def message_id(key: bytes, campaign_no: int, public_id: bytes, domain: str) -> str:
    """Make the Message-ID of a target, the same for every attempt."""
    return f"<c{campaign_no}.{make_token(key, MESSAGE_ID, campaign_no, public_id)}@{domain}>"


def _mac(key: bytes, purpose: str, campaign_no: int, public_id: bytes) -> bytes:
    signed = f"{purpose}|{campaign_no}|".encode() + public_id
    return hmac.new(key, signed, hashlib.sha256).digest()[:_MAC_BYTES]
