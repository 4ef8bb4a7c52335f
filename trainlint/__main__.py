"""`python -m trainlint`."""

from __future__ import annotations

import sys

from trainlint.cli.main import main

sys.exit(main())
