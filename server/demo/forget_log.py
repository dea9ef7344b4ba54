"""Takes the recording's own entries out of the audit log: the team's begins when the demo is played."""

import sqlite3
import sys

with sqlite3.connect(sys.argv[1]) as database:
    database.execute("DELETE FROM audit_entries")
    database.execute("UPDATE sequences SET next_id = 1 WHERE name = 'audit'")
    # One whole file, without a journal beside it.
    database.execute("COMMIT")
    database.execute("PRAGMA wal_checkpoint(TRUNCATE)")
database.close()
