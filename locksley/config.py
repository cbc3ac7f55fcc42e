"""Every number that Locksley runs by, in one frozen place, its unit in its name; parsed and cross-checked once."""

from pathlib import Path
from urllib.parse import urlsplit

import msgspec


class ConfigError(Exception):
    """One line that says what is wrong and what to do."""


def check_address(option: str, address: str, example: str) -> None:
    """Raises `ConfigError` unless it is an address that HTTP can be asked at."""
    try:
        url = urlsplit(address)
        is_good = url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:  # brackets without an address between them, or a port that is none
        is_good = False
    if not is_good:
        raise ConfigError(f"{option} {address} is no address; write it like {example}")


class Config(msgspec.Struct, frozen=True, kw_only=True):
    data_dir: Path
    host: str = "127.0.0.1"
    port: int = 8000
    exchange_url: str = "http://127.0.0.1:9000"
    log_level: str = "info"
    traces_to: str | None = None
    trusted_proxies: tuple[str, ...] = ()

    # HTTP
    body_bytes_max: int = 16_384
    header_bytes_max: int = 16_384
    connections_max: int = 20_000
    client_request_timeout_ms: int = 30_000
    answer_unread_timeout_ms: int = 30_000

    # people
    paper_cash_cents: int = 10_000_000
    sign_up: str = "open"
    session_lifetime_ms: int = 24 * 3_600_000
    token_issuer: str = "locksley"
    token_audience: str = "locksley-api"
    password_chars_min: int = 8
    password_chars_max: int = 128
    sign_ups_per_hour_per_address: int = 60
    sign_in_failures_max: int = 10
    sign_in_failures_per_address_max: int = 100
    sign_in_failures_window_ms: int = 60_000
    password_checks_at_once_max: int = 2
    password_checks_waiting_max: int = 64

    # exchange
    exchange_client: str | None = None  # None: a name of the data directory's own
    exchange_call_timeout_ms: int = 5_000
    exchange_connections_max: int = 2
    exchange_reconnect_pause_ms: int = 50
    exchange_answer_bytes_max: int = 16_777_216
    order_batch_max: int = 256
    orders_waiting_max: int = 10_000
    retry_first_ms: int = 1_000
    retry_most_ms: int = 8_000

    # feed
    feed_silence_max_ms: int = 5_000
    feed_reconnect_first_ms: int = 100
    feed_reconnect_most_ms: int = 5_000
    feed_cut_short_ms: int = 10_000
    feed_cut_short_max: int = 5
    feed_ahead_trades_max: int = 100_000
    feed_reorder_wait_ms: int = 20
    market_status_every_ms: int = 2_000

    # prices
    publish_every_ms: int = 10
    symbols_refresh_every_ms: int = 300_000
    cache_reread_every_ms: int = 2_000
    stream_tick_ms: int = 25
    stream_tick_most_ms: int = 50  # while there is much to do
    heartbeat_ms: int = 15_000
    stream_retry_ms: int = 2_000
    streams_per_person_max: int = 10
    streams_per_address_max: int = 1_000
    addresses_unlimited: tuple[str, ...] = ("127.0.0.1", "::1")
    symbols_per_stream_max: int = 200
    stream_write_timeout_ms: int = 30_000

    # orders
    market_collar_bp: int = 500
    orders_per_second_per_person: int = 10
    orders_per_second_per_symbol: int = 5_000
    orders_per_second_in_total: int = 20_000
    cleanup_every_ms: int = 5_000
    cleanup_grace_ms: int = 10_000
    cleanup_batch_max: int = 100
    cleanup_batches_max: int = 50
    silent_order_ms: int = 10_000
    settle_tries_max: int = 5
    dead_letter_every_ms: int = 300_000
    lease_lifetime_ms: int = 10_000
    tidy_every_ms: int = 60_000
    tidy_batch_max: int = 500
    tidy_batches_max: int = 50
    unbooked_kept_max: int = 10_000
    reconcile_check_every_ms: int = 60_000
    reconcile_after_ms: int = 300_000
    reconcile_wait_ms_max: int = 10_000
    reconcile_differences_max: int = 1_000
    reconciliations_kept: int = 400
    recent_trades_max: int = 50_000  # an answer takes 5 s at most
    booked_executions_kept_max: int = 50_000
    feed_position_every_ms: int = 1_000
    idempotency_key_lifetime_ms: int = 24 * 3_600_000
    idempotency_key_chars_max: int = 64
    updates_kept_per_person: int = 1_000
    updates_poll_ms: int = 1_000

    # bars
    bars_begin_wait_ms: int = 2_000
    bars_look_every_ms: int = 250
    bars_sort_at_trades: int = 10_000
    bars_keep_every_ms: int = 120_000
    bars_open_max: int = 500_000
    bars_waiting_trades_max: int = 200_000
    bars_first_trades_max: int = 1_000_000
    bars_seconds_kept_days: int = 7
    bars_minutes_kept_days: int = 400
    bars_per_answer_max: int = 5_000
    bars_read_per_answer_max: int = 10_080  # a week of minutes: that much a week by half hours needs

    # what a person has
    watchlists_per_person_max: int = 50
    day_ends_every_ms: int = 600_000

    # order database
    write_batch_max: int = 512
    writes_waiting_max: int = 20_000
