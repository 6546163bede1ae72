"""Pages and an HTTP API: a process of its own, which asks the daemon over its control socket.

It holds pictures only while it answers a request that brought them, in memory.
"""
