"""Print every finding as `path:line: rule: text`; exit status 1 when there is one."""

import sys
from pathlib import Path

from tools.house_linter.walk import findings

ROOT = Path(__file__).parents[2]

found = [str(finding) for finding in findings(ROOT)]
print("\n".join(found) if found else "The house is in order.")
sys.exit(bool(found))
