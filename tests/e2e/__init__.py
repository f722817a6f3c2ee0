"""The real `python -m bot` process between a loopback Discord and real viewers."""
