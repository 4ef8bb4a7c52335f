"""Exit codes."""

from __future__ import annotations

EXIT_CLEAN = 0
EXIT_FINDINGS = 1
EXIT_COULD_NOT_RUN = 2
EXIT_INTERRUPTED = 130  # 128 and the number of SIGINT, as shells have it

EXIT_CODES = "exit code: 0 clean, 1 findings, 2 could not run"
