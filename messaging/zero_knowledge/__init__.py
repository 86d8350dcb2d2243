"""The parts of `manage.py audit_zero_knowledge`: canaries, a scenario in browsers, sources, and a search."""
