"""Engines: adapters around model libraries; the only place that imports them, and only when wanted."""
