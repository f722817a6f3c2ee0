"""Workers: processes that serve viewers on one port, started and watched by the one that has the rooms.

The parent binds the port (`doors`), starts each worker with its settings (`orders`), watches it (`worker`),
and replaces it when it ends (`crew`). What a worker logs comes out of the parent's log (`voice`). Where no
backplane is named, the parent runs a private one (`private`). Whether a server writes its rooms for others,
or reads them, is known to its `plane`.
"""
