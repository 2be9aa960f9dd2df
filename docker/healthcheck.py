"""Whether the server in this container takes work; the exit code says it.

The port is read as the server reads it. A proxy that the environment names is not asked, as it could not reach this
container's own address.
"""

import os
import sys
from http.client import HTTPConnection

from mattebox.serve.options import options_from

connection = HTTPConnection("127.0.0.1", options_from(os.environ).port, timeout=5)
connection.request("GET", "/readyz")
sys.exit(connection.getresponse().status != 200)
