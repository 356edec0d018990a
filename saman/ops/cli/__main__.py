"""`python -m saman.ops.cli`."""

import sys

from saman.ops.cli import main

sys.exit(main())
