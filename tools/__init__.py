"""Services, browsers and simulated people for tests, benchmarks and the audit. A server does not import it."""
