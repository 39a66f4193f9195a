/* faulty_vfs.h - a file system for SQLite, "faulty", in which writing fails from the k-th call on:
 * the default one behind a count. */
#ifndef RSL_TESTS_FAULTY_VFS_H
#define RSL_TESTS_FAULTY_VFS_H

#include <limits.h>
#include <stdbool.h>

#include <sqlite3.h>

struct faults {
    int ncalls;   /* that may fail: open, write, truncate, sync */
    int fail_at;  /* the call that fails, from 0; INT_MAX for none */
    int nfailing; /* how many fail from there on */
    int code;     /* what a failed write says: SQLITE_FULL or SQLITE_IOERR_WRITE */
    int nfailed;
};

static struct faults faults = {.fail_at = INT_MAX};

struct faulty_file {
    sqlite3_file base;
    sqlite3_file *real; /* behind this */
};

static bool fails(void)
{
    const int call = faults.ncalls++;
    const bool failed = call >= faults.fail_at && call - faults.fail_at < faults.nfailing;
    faults.nfailed += failed;
    return failed;
}

static sqlite3_file *real_of(sqlite3_file *file)
{
    return ((struct faulty_file *)file)->real;
}

#define FORWARD(file, method, ...) real_of(file)->pMethods->method(real_of(file), __VA_ARGS__)

static int faulty_close(sqlite3_file *file)
{
    return real_of(file)->pMethods->xClose(real_of(file));
}

static int faulty_read(sqlite3_file *file, void *to, int n, sqlite3_int64 at)
{
    return FORWARD(file, xRead, to, n, at);
}

static int faulty_write(sqlite3_file *file, const void *from, int n, sqlite3_int64 at)
{
    if (!fails())
        return FORWARD(file, xWrite, from, n, at);
    if (n > 1) /* a full disk takes a part */
        (void)FORWARD(file, xWrite, from, n / 2, at);
    return faults.code;
}

static int faulty_truncate(sqlite3_file *file, sqlite3_int64 n)
{
    return fails() ? SQLITE_IOERR_TRUNCATE : FORWARD(file, xTruncate, n);
}

static int faulty_sync(sqlite3_file *file, int flags)
{
    return fails() ? SQLITE_IOERR_FSYNC : FORWARD(file, xSync, flags);
}

static int faulty_size(sqlite3_file *file, sqlite3_int64 *n)
{
    return FORWARD(file, xFileSize, n);
}

static int faulty_lock(sqlite3_file *file, int level)
{
    return FORWARD(file, xLock, level);
}

static int faulty_unlock(sqlite3_file *file, int level)
{
    return FORWARD(file, xUnlock, level);
}

static int faulty_check_lock(sqlite3_file *file, int *out)
{
    return FORWARD(file, xCheckReservedLock, out);
}

static int faulty_control(sqlite3_file *file, int op, void *arg)
{
    return FORWARD(file, xFileControl, op, arg);
}

static int faulty_sector(sqlite3_file *file)
{
    return real_of(file)->pMethods->xSectorSize(real_of(file));
}

static int faulty_traits(sqlite3_file *file)
{
    return real_of(file)->pMethods->xDeviceCharacteristics(real_of(file));
}

static int faulty_shm_map(sqlite3_file *file, int page, int size, int extend, void volatile **out)
{
    return FORWARD(file, xShmMap, page, size, extend, out);
}

static int faulty_shm_lock(sqlite3_file *file, int offset, int n, int flags)
{
    return FORWARD(file, xShmLock, offset, n, flags);
}

static void faulty_shm_barrier(sqlite3_file *file)
{
    real_of(file)->pMethods->xShmBarrier(real_of(file));
}

static int faulty_shm_unmap(sqlite3_file *file, int remove)
{
    return FORWARD(file, xShmUnmap, remove);
}

static const sqlite3_io_methods faulty_methods = {
    .iVersion = 2,
    .xClose = faulty_close,
    .xRead = faulty_read,
    .xWrite = faulty_write,
    .xTruncate = faulty_truncate,
    .xSync = faulty_sync,
    .xFileSize = faulty_size,
    .xLock = faulty_lock,
    .xUnlock = faulty_unlock,
    .xCheckReservedLock = faulty_check_lock,
    .xFileControl = faulty_control,
    .xSectorSize = faulty_sector,
    .xDeviceCharacteristics = faulty_traits,
    .xShmMap = faulty_shm_map,
    .xShmLock = faulty_shm_lock,
    .xShmBarrier = faulty_shm_barrier,
    .xShmUnmap = faulty_shm_unmap,
};

static int faulty_open(sqlite3_vfs *vfs, const char *name, sqlite3_file *file, int flags, int *out)
{
    sqlite3_vfs *real = vfs->pAppData;
    struct faulty_file *faulty = (struct faulty_file *)file;
    faulty->base.pMethods = NULL;
    faulty->real = (sqlite3_file *)(faulty + 1);
    if ((flags & SQLITE_OPEN_CREATE) && fails())
        return SQLITE_CANTOPEN;
    const int code = real->xOpen(real, name, faulty->real, flags, out);
    if (code == SQLITE_OK)
        faulty->base.pMethods = &faulty_methods;
    return code;
}

/* Registers it. All else is the default's, whose functions take either for itself. */
static void register_faulty_vfs(void)
{
    static sqlite3_vfs faulty;
    sqlite3_vfs *real = sqlite3_vfs_find(NULL);
    faulty = *real;
    faulty.pNext = NULL;
    faulty.zName = "faulty";
    faulty.pAppData = real;
    faulty.szOsFile = (int)sizeof(struct faulty_file) + real->szOsFile;
    faulty.xOpen = faulty_open;
    sqlite3_vfs_register(&faulty, 0);
}

#endif
