"""What `manage.py audit_zero_knowledge` is made of: canaries, a search, and the places that it looks into."""
