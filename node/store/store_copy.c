/* A copy of a store while its node runs. The thread that calls; it has its own handles. */
#include "store/store_internal.h"

#include <stdio.h>

#define BUSY_MS 10000

/* All pages as they are at one moment: the reader's view does not move while the node goes on writing. */
static int
copy_pages(sqlite3 *from, sqlite3 *to)
{
    sqlite3_backup *b = sqlite3_backup_init(to, "main", from, "main");
    int rc;

    if (b == NULL)
        return sqlite3_errcode(to);
    rc = sqlite3_backup_step(b, -1);
    (void)sqlite3_backup_finish(b);
    return rc == SQLITE_DONE ? SQLITE_OK : rc;
}

/* It is a copy, and says so to whoever starts on it; a cursor of the original means nothing in it. Then one file is all there is. */
static int
mark(sqlite3 *to)
{
    return sqlite3_exec(to,
                        "PRAGMA journal_mode = DELETE; PRAGMA synchronous = FULL; BEGIN IMMEDIATE;"
                        "INSERT INTO meta VALUES ('" STORE_COPY_MARK
                        "', CAST(unixepoch() AS BLOB)) ON CONFLICT DO UPDATE SET value = excluded.value;"
                        "UPDATE meta SET value = randomblob(16) WHERE name = 'incarnation'; COMMIT",
                        NULL, NULL, NULL);
}

int
store_copy(const char *path, const char *to, char *error, size_t error_n)
{
    sqlite3 *a = NULL, *b = NULL;
    int rc = sqlite3_open_v2(path, &a, SQLITE_OPEN_READONLY, NULL);

    if (rc == SQLITE_OK)
        rc = sqlite3_open_v2(to, &b, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL);
    if (rc == SQLITE_OK) {
        (void)sqlite3_busy_timeout(a, BUSY_MS);
        rc = copy_pages(a, b);
    }
    if (rc == SQLITE_OK)
        rc = mark(b);
    (void)snprintf(error, error_n, "%s", sqlite3_errstr(rc));
    (void)sqlite3_close(a);
    if (sqlite3_close(b) != SQLITE_OK && rc == SQLITE_OK)
        rc = SQLITE_BUSY;
    return rc == SQLITE_OK ? 0 : -1;
}
