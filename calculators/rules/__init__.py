"""The kinds of rules, one module each; the registry finds whatever stands here."""
