"""The daemon: its parts made from a configuration, put together, run and watched."""
