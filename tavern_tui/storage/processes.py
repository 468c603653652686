"""Which processes are alive, told from later ones that got the same number."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

PROC = Path("/proc")
STARTED = 19
"""Which field behind the name of /proc/PID/stat says when the process began."""


def start_of(pid: int) -> str:
    """When the process began, in words to compare; empty if there is no such process."""
    if pid <= 0:
        return ""
    if sys.platform == "win32":
        return _start_on_windows(pid)
    if (PROC / "self" / "stat").exists():
        return _start_in_proc(pid)
    return _start_by_ps(pid)


@cache
def own_start() -> str:
    """When this process began."""
    return start_of(os.getpid())


def _start_in_proc(pid: int) -> str:
    try:
        # The name is in parentheses and may hold blanks and parentheses itself.
        fields = (PROC / str(pid) / "stat").read_text(encoding="utf-8", errors="replace").rpartition(")")[2]
        began = fields.split()[STARTED]
    except (OSError, IndexError):
        return ""
    boot = ""
    with contextlib.suppress(OSError):
        boot = (PROC / "sys" / "kernel" / "random" / "boot_id").read_text(encoding="ascii").strip()
    return f"{boot} {began}".strip()


def _start_by_ps(pid: int) -> str:
    try:
        found = subprocess.run(
            ["ps", "-o", "lstart=", "-p", str(pid)], capture_output=True, text=True, timeout=5, check=False
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return " ".join(found.stdout.split())


if sys.platform == "win32":

    def _start_on_windows(pid: int) -> str:
        import ctypes
        from ctypes import wintypes

        kernel = ctypes.WinDLL("kernel32", use_last_error=True)
        kernel.OpenProcess.restype = wintypes.HANDLE
        handle = kernel.OpenProcess(0x1000, False, pid)  # PROCESS_QUERY_LIMITED_INFORMATION
        if not handle:
            return ""
        try:
            began, ended, in_kernel, in_user = (wintypes.FILETIME() for _ in range(4))
            times = [ctypes.byref(one) for one in (began, ended, in_kernel, in_user)]
            if not kernel.GetProcessTimes(wintypes.HANDLE(handle), *times):
                return ""
            is_over = ended.dwHighDateTime or ended.dwLowDateTime
            return "" if is_over else f"{began.dwHighDateTime}.{began.dwLowDateTime}"
        finally:
            kernel.CloseHandle(wintypes.HANDLE(handle))
