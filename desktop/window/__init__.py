"""The window: Qt and nothing heavy.  The engine runs in another process (desktop/engine_process.py)."""
