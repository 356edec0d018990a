"""The server's configuration as text. Written anew at each start; `local.conf` beside the data overrides it."""

from __future__ import annotations

import os
from pathlib import Path

PORT = 5432
"""Part of the socket's name; nothing listens on a TCP port."""

ACCESS = "# Passwords for everyone, also over the socket.\nlocal all all scram-sha-256\n"

MEBIBYTE = 1024 * 1024
_limits = (Path("/sys/fs/cgroup/memory.max"), Path("/sys/fs/cgroup/memory/memory.limit_in_bytes"))


def machine_memory() -> int:
    """Bytes of memory that this machine, or the container it stands in, gives us."""
    physical = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    for limit in _limits:
        if limit.exists() and (text := limit.read_text().strip()).isdigit():
            return min(physical, int(text))
    return physical


def configuration(*, socket: Path, log: Path, local: Path, name: str, memory: int) -> str:
    """`postgresql.conf` for a machine with `memory` bytes.

    Durable above all (fsync, synchronous commit, full pages), no TCP, and no person's data in the log: neither
    statements, parameters nor the details of an error are written there.
    """
    shared = _between(memory // 8, 128 * MEBIBYTE, 4096 * MEBIBYTE)
    upkeep = _between(memory // 32, 64 * MEBIBYTE, 512 * MEBIBYTE)
    settings = {
        "listen_addresses": "",
        "port": PORT,
        "unix_socket_directories": socket,
        "unix_socket_permissions": "0700",
        "cluster_name": name,
        "max_connections": 200,
        "password_encryption": "scram-sha-256",
        "shared_buffers": f"{shared // MEBIBYTE}MB",
        "effective_cache_size": f"{max(memory // 2, 256 * MEBIBYTE) // MEBIBYTE}MB",
        "work_mem": "16MB",
        "maintenance_work_mem": f"{upkeep // MEBIBYTE}MB",
        "fsync": "on",
        "full_page_writes": "on",
        "synchronous_commit": "on",
        "wal_compression": "off",
        "min_wal_size": "128MB",
        "max_wal_size": "4GB",
        "checkpoint_timeout": "10min",
        "random_page_cost": 1.1,
        "jit": "off",
        "autovacuum_vacuum_scale_factor": 0.05,
        "autovacuum_analyze_scale_factor": 0.05,
        "idle_in_transaction_session_timeout": "5min",
        "timezone": "UTC",
        "log_timezone": "UTC",
        "datestyle": "ISO, YMD",
        "lc_messages": "C",
        "logging_collector": "on",
        "log_directory": log,
        "log_filename": "postgres-%a.log",
        "log_truncate_on_rotation": "on",
        "log_rotation_age": "1d",
        "log_rotation_size": 0,
        "log_startup_progress_interval": "2s",
        "log_error_verbosity": "terse",
        "log_min_error_statement": "panic",
        "log_parameter_max_length": 0,
        "log_parameter_max_length_on_error": 0,
    }
    lines = [f"{key} = {_quoted(value)}" for key, value in settings.items()]
    return "\n".join(
        ["# Written at each start. Put changes into local.conf.", *lines, f"include_if_exists = {_quoted(local)}", ""]
    )


def _between(number: int, low: int, high: int) -> int:
    return max(low, min(number, high))


def _quoted(value: object) -> str:
    return "'" + str(value).replace("\\", "\\\\").replace("'", "''") + "'"
