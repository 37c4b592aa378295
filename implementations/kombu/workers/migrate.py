"""`python -m workers.migrate`: make the tables."""

import os

from workers.database import Database

if __name__ == "__main__":
    Database(os.environ["WARREN_DATABASE_URL"]).create_tables()
