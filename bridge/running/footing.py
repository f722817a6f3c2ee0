"""The first import of `python -m bridge`: where it can't run, the program ends here, with one sentence."""

import sys

from bridge.running import interpreter

NEEDED = ("itsdangerous", "rcssmin", "rjsmin", "tenacity", "websockets")  # to start; a provider may need more

interpreter.heed_stop()
said = interpreter.trouble("bridge", *NEEDED)
if said:
    sys.exit(said)
