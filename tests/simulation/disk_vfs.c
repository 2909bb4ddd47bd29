/* SQLite's way to the simulated disks. */
#include "disk_internal.h"
#include "base/mem.h"
#include <assert.h>
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct handle {
    sqlite3_file base;
    struct disk *disk;
    struct disk_file *file;
};

static int
do_close(sqlite3_file *f)
{
    (void)f;
    return SQLITE_OK;
}

static int
do_read(sqlite3_file *f, void *p, int n, sqlite3_int64 at)
{
    size_t got = disk_bytes_read(&((struct handle *)f)->file->now, p, (size_t)n, (size_t)at);

    if (got == (size_t)n)
        return SQLITE_OK;
    memset((uint8_t *)p + got, 0, (size_t)n - got);
    return SQLITE_IOERR_SHORT_READ;
}

static int
do_write(sqlite3_file *f, const void *p, int n, sqlite3_int64 at)
{
    struct handle *h = (struct handle *)f;

    if (!disk_takes(h->disk))
        return SQLITE_IOERR_WRITE;
    disk_write(h->file, p, (size_t)n, (uint64_t)at);
    return SQLITE_OK;
}

static int
do_truncate(sqlite3_file *f, sqlite3_int64 n)
{
    struct handle *h = (struct handle *)f;

    if (!disk_takes(h->disk))
        return SQLITE_IOERR_TRUNCATE;
    disk_truncate(h->file, (uint64_t)n);
    return SQLITE_OK;
}

static int
do_sync(sqlite3_file *f, int flags)
{
    struct handle *h = (struct handle *)f;

    (void)flags;
    if (!disk_takes(h->disk))
        return SQLITE_IOERR_FSYNC;
    disk_sync(h->file);
    return SQLITE_OK;
}

static int
do_size(sqlite3_file *f, sqlite3_int64 *n)
{
    *n = (sqlite3_int64)((struct handle *)f)->file->now.n;
    return SQLITE_OK;
}

static int
do_lock(sqlite3_file *f, int level)
{
    (void)f, (void)level;
    return SQLITE_OK;
}

static int
do_reserved(sqlite3_file *f, int *out)
{
    (void)f;
    *out = 0;
    return SQLITE_OK;
}

static int
do_control(sqlite3_file *f, int op, void *arg)
{
    (void)f, (void)op, (void)arg;
    return SQLITE_NOTFOUND;
}

static int
do_sector(sqlite3_file *f)
{
    (void)f;
    return 512;
}

static int
do_traits(sqlite3_file *f)
{
    (void)f;
    return 0;
}

static int
do_shm_map(sqlite3_file *f, int page, int size, int extend, void volatile **out)
{
    struct disk_file *file = ((struct handle *)f)->file;

    assert(page < SHM_MAX);
    if (file->shm[page] == NULL && extend)
        file->shm[page] = mem_new((size_t)size);
    *out = file->shm[page];
    return SQLITE_OK;
}

static int
do_shm_lock(sqlite3_file *f, int offset, int n, int flags)
{
    (void)f, (void)offset, (void)n, (void)flags;
    return SQLITE_OK;
}

static void
do_shm_barrier(sqlite3_file *f)
{
    (void)f;
}

static int
do_shm_unmap(sqlite3_file *f, int remove)
{
    struct disk_file *file = ((struct handle *)f)->file;

    for (size_t i = 0; remove && i < SHM_MAX; i++) {
        free(file->shm[i]);
        file->shm[i] = NULL;
    }
    return SQLITE_OK;
}

static const sqlite3_io_methods methods = {
    .iVersion = 2,
    .xClose = do_close,
    .xRead = do_read,
    .xWrite = do_write,
    .xTruncate = do_truncate,
    .xSync = do_sync,
    .xFileSize = do_size,
    .xLock = do_lock,
    .xUnlock = do_lock,
    .xCheckReservedLock = do_reserved,
    .xFileControl = do_control,
    .xSectorSize = do_sector,
    .xDeviceCharacteristics = do_traits,
    .xShmMap = do_shm_map,
    .xShmLock = do_shm_lock,
    .xShmBarrier = do_shm_barrier,
    .xShmUnmap = do_shm_unmap,
};

/* "/disk3/store.db": the disk and the file's name on it. */
static struct disk *
disk_of(const char *path, const char **name)
{
    unsigned index;
    char slash;

    if (sscanf(path, "/disk%u%c", &index, &slash) != 2 || slash != '/' || index >= DISKS_MAX)
        return NULL;
    *name = strrchr(path, '/') + 1;
    return disk_table[index];
}

static int
vfs_open(sqlite3_vfs *vfs, const char *path, sqlite3_file *f, int flags, int *out_flags)
{
    struct handle *h = (struct handle *)f;
    const char *name;

    (void)vfs;
    memset(h, 0, sizeof(*h));
    h->disk = path == NULL ? NULL : disk_of(path, &name);
    if (h->disk == NULL)
        return SQLITE_CANTOPEN;
    h->file = disk_find(h->disk, name, (flags & SQLITE_OPEN_CREATE) != 0);
    if (h->file == NULL)
        return SQLITE_CANTOPEN;
    h->base.pMethods = &methods;
    if (out_flags != NULL)
        *out_flags = flags;
    return SQLITE_OK;
}

static int
vfs_delete(sqlite3_vfs *vfs, const char *path, int sync)
{
    const char *name;
    struct disk *d = disk_of(path, &name);
    struct disk_file *f = d == NULL ? NULL : disk_find(d, name, false);

    (void)vfs, (void)sync;
    if (f == NULL)
        return SQLITE_IOERR_DELETE_NOENT;
    if (!disk_takes(d))
        return SQLITE_IOERR_DELETE;
    disk_file_clear(f);
    return SQLITE_OK;
}

static int
vfs_access(sqlite3_vfs *vfs, const char *path, int flags, int *out)
{
    const char *name;
    struct disk *d = disk_of(path, &name);

    (void)vfs, (void)flags;
    *out = d != NULL && disk_find(d, name, false) != NULL;
    return SQLITE_OK;
}

static int
vfs_full(sqlite3_vfs *vfs, const char *path, int n, char *out)
{
    (void)vfs;
    snprintf(out, (size_t)n, "%s", path);
    return SQLITE_OK;
}

void
disk_vfs_first(void)
{
    (void)sqlite3_config(SQLITE_CONFIG_SINGLETHREAD);
    (void)sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
}

void
disk_vfs_start(void)
{
    static sqlite3_vfs vfs;
    sqlite3_vfs *os = sqlite3_vfs_find("unix");

    if (vfs.zName != NULL)
        return;
    vfs = *os; /* randomness, time and sleep are the system's */
    vfs.iVersion = 1;
    vfs.szOsFile = (int)sizeof(struct handle);
    vfs.mxPathname = 64;
    vfs.pNext = NULL;
    vfs.zName = "simulated disk";
    vfs.xOpen = vfs_open;
    vfs.xDelete = vfs_delete;
    vfs.xAccess = vfs_access;
    vfs.xFullPathname = vfs_full;
    sqlite3_vfs_register(&vfs, 1);
}
