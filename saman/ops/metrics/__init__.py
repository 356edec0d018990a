"""What the servers measure of themselves, for Prometheus. Nothing here knows a path, a person or a word that was sent.

Each server process writes into files of a folder that all of one `saman serve` share, so that whichever answers
`/metrics` answers for all (https://prometheus.github.io/client_python/multiprocess/).
"""

from saman.ops.metrics.figures import Figures
from saman.ops.metrics.measured import Measured
from saman.ops.metrics.scrape import Scrape
from saman.ops.metrics.traced import Traced

__all__ = ["Figures", "Measured", "Scrape", "Traced"]
