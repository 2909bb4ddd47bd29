#include "blank.h"
#include "store/store.h"
#include <assert.h>
#include <sqlite3.h>

#define DISK 7 /* DISKS_MAX - 1: no world has so many nodes */
#define PATH "/disk7/store.db"

_Static_assert(DISK == DISKS_MAX - 1, "the last disk");

/* A file of SQLite keeps the size of pages that it was made with; the power tears sectors of 512 bytes. */
static void
make_small(void)
{
    sqlite3 *db = NULL;

    assert(sqlite3_open_v2(PATH, &db, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE, NULL) == SQLITE_OK);
    assert(sqlite3_exec(db, "PRAGMA page_size = 1024; PRAGMA journal_mode = WAL;", NULL, NULL, NULL) ==
           SQLITE_OK);
    assert(sqlite3_close(db) == SQLITE_OK);
}

const struct disk_image *
blank_store(void)
{
    static struct disk_image *image;
    struct disk *d;
    struct store *s;

    if (image != NULL)
        return image;
    d = disk_new(DISK, 0);
    make_small();
    s = store_open(PATH, false);
    assert(s != NULL);
    store_close(s);
    image = disk_copy(d);
    disk_free(d);
    return image;
}
