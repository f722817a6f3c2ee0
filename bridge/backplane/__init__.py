"""What carries rooms between processes: Redis or Valkey. A single process needs none of it.

One process, the writer, has the rooms; any number of readers show them to viewers. All that they need `redis`
for is in `lines`, which is imported only where an address was given.
"""
