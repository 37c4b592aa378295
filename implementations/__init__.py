"""Implementations to judge, each a folder with its manifest; `faulty` alone stands on ours."""
