"""Services, browsers and people for tests, benchmarks and the audit; no server needs them."""
